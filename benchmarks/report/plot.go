package main

import (
	"fmt"
	"image/color"
	"os"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/seed-e9190de5/autherr/benchmarks/peers"
)

// The colours of the bars, which the colour-blind can tell apart.
var colours = map[standing]color.Color{
	ahead:  color.NRGBA{0x00, 0x72, 0xb2, 0xff},
	even:   color.Gray{0x99},
	behind: color.NRGBA{0xd5, 0x5e, 0x00, 0xff},
}

var grid = color.Gray{0xd8}

const (
	plotWidth  = 17 * vg.Centimeter
	lineHeight = 0.46 * vg.Centimeter
	plotDPI    = 150
	margin     = vg.Length(8)
)

// writePlot draws all ratios as bars that start at 1, grouped by work.
func writePlot(file string, rows []row) error {
	p := plot.New()
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ratioTicks
	p.X.Label.Text = "times as long as autherr takes: median and quartiles (log scale)"
	p.X.Min, p.X.Max = 0.5, 2
	p.X.Tick.LineStyle.Color = grid
	p.X.LineStyle.Width, p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0, 0
	p.X.Label.TextStyle.Font = sans(9)
	p.X.Tick.Label.Font = sans(9)
	p.Y.Tick.Label.Font = sans(9)

	var bars []bar
	var names []plot.Tick
	y := 0.0 // downwards
	for _, row := range rows {
		y -= 1.4
		bars = append(bars, bar{y: y, heading: fmt.Sprintf("%s: autherr %s", row.Name, row.Cells[0].Time())})
		for i, c := range row.Cells {
			if i == 0 || c.do == nil {
				continue
			}
			y--
			bars = append(bars, bar{y: y, cell: c})
			names = append(names, plot.Tick{Value: y, Label: peers.Libraries[i].Name})
			p.X.Min, p.X.Max = min(p.X.Min, c.ratio.low), max(p.X.Max, c.ratio.high)
		}
	}
	p.X.Min /= 1.1
	p.X.Max *= 1.4 // room for the number beside the longest bar
	p.Y.Min, p.Y.Max = y-0.6, 0.6
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Add(gridLines(p.X.Tick.Marker))
	for _, b := range bars {
		p.Add(b)
	}

	canvas := vgimg.NewWith(
		vgimg.UseWH(plotWidth, vg.Length(-y+3)*lineHeight),
		vgimg.UseDPI(plotDPI),
	)
	p.Draw(draw.Crop(draw.New(canvas), margin, -margin, margin, -margin))
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// ratioTicks marks 1, 2 and 5 times every power of ten that is in range.
var ratioTicks = plot.TickerFunc(func(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for power := 0.001; power <= high; power *= 10 {
		for _, digit := range []float64{1, 2, 5} {
			if v := power * digit; v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%.3g", v)})
			}
		}
	}
	return ticks
})

// gridLines draws a line at every tick of the X axis, a stronger one at 1, and the legend.
func gridLines(ticker plot.Ticker) plot.Plotter {
	return plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		toX, toY := p.Transforms(&c)
		for _, tick := range ticker.Ticks(p.X.Min, p.X.Max) {
			c.StrokeLine2(draw.LineStyle{Color: grid, Width: 0.5}, toX(tick.Value), toY(p.Y.Min), toX(tick.Value), toY(p.Y.Max))
		}
		c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1}, toX(1), toY(p.Y.Min), toX(1), toY(p.Y.Max))
		label := p.X.Tick.Label
		label.Font.Weight = stdfont.WeightBold
		label.YAlign = draw.YCenter
		top := toY(p.Y.Max) - lineHeight/2
		label.XAlign, label.Color = draw.XLeft, colours[ahead]
		c.FillText(label, vg.Point{X: toX(1) + 6, Y: top}, "autherr is faster")
		label.XAlign, label.Color = draw.XRight, colours[behind]
		c.FillText(label, vg.Point{X: toX(1) - 6, Y: top}, "autherr is slower")
		label.Color = colours[even]
		c.FillText(label, vg.Point{X: c.Max.X, Y: top}, "no difference")
	})
}

type plotterFunc func(draw.Canvas, *plot.Plot)

func (f plotterFunc) Plot(c draw.Canvas, p *plot.Plot) { f(c, p) }

// A bar is a line of the plot: a cell, or the name of the work above its cells.
type bar struct {
	y       float64
	heading string
	cell    *cell
}

func (b bar) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	y := toY(b.y)
	label := p.X.Tick.Label
	label.XAlign, label.YAlign = draw.XLeft, draw.YCenter
	if b.cell == nil {
		label.Font.Weight = stdfont.WeightBold
		c.FillText(label, vg.Point{X: margin, Y: y}, b.heading)
		return
	}
	ratio := b.cell.ratio
	c.StrokeLine2(draw.LineStyle{Color: colours[b.cell.standing()], Width: 0.6 * lineHeight}, toX(1), y, toX(ratio.median), y)
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1}, toX(ratio.low), y, toX(ratio.high), y)
	c.FillText(label, vg.Point{X: toX(max(1, ratio.high)) + 4, Y: y}, ratioText(ratio.median))
}
