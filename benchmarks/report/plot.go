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

var (
	ahead  = color.NRGBA{0x00, 0x72, 0xb2, 0xff} // two that the colour-blind can tell apart
	behind = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	grid   = color.Gray{0xd8}
)

const (
	plotWidth  = 17 * vg.Centimeter
	lineHeight = 0.46 * vg.Centimeter
	plotDPI    = 150
)

// writePlot draws all ratios as bars that start where autherr is, grouped by work.
func writePlot(file string, tables []table) error {
	p := plot.New()
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ratioTicks
	p.X.Label.Text = "times as long as autherr takes, with quartiles (log scale)"
	p.X.Min, p.X.Max = 0.5, 2
	p.X.Tick.LineStyle.Color = grid
	p.X.LineStyle.Width, p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0, 0
	p.X.Label.TextStyle.Font = sans(9)
	p.X.Tick.Label.Font = sans(9)
	p.Y.Tick.Label.Font = sans(9)

	var bars []bar
	var names []plot.Tick
	y := 0.0 // downwards
	for i, work := range peers.Works {
		y -= 1.3
		bars = append(bars, bar{y: y, heading: work.Name})
		for _, t := range tables {
			for _, row := range t.Rows[1:] {
				if row.Cells[i].do == nil {
					continue
				}
				y--
				ratio := row.Cells[i].ratio
				bars = append(bars, bar{y: y, spread: ratio})
				names = append(names, plot.Tick{Value: y, Label: row.Name})
				p.X.Min, p.X.Max = min(p.X.Min, ratio.low), max(p.X.Max, ratio.high)
			}
		}
	}
	p.X.Max *= 1.4 // room for the number beside the longest bar
	p.Y.Min, p.Y.Max = y-0.6, -0.6
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Add(gridLines(p.X.Tick.Marker))
	for _, b := range bars {
		p.Add(b)
	}

	canvas := vgimg.NewWith(
		vgimg.UseWH(plotWidth, vg.Length(-y+3)*lineHeight),
		vgimg.UseDPI(plotDPI),
	)
	p.Draw(draw.Crop(draw.New(canvas), 8, -12, 8, -8))
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

// ratioTicks marks 1, 2 and 5 of every power of ten that is in range.
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

// gridLines draws a line at every tick of the X axis, the one of autherr stronger.
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
		label.XAlign, label.Color = draw.XLeft, ahead
		c.FillText(label, vg.Point{X: toX(1) + 6, Y: toY(p.Y.Max)}, "autherr is faster")
		label.XAlign, label.Color = draw.XRight, behind
		c.FillText(label, vg.Point{X: toX(1) - 6, Y: toY(p.Y.Max)}, "autherr is slower")
	})
}

type plotterFunc func(draw.Canvas, *plot.Plot)

func (f plotterFunc) Plot(c draw.Canvas, p *plot.Plot) { f(c, p) }

// A bar is a line of the plot: a ratio, or the name of the work above its ratios.
type bar struct {
	y       float64
	heading string
	spread  spread
}

func (b bar) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	y := toY(b.y)
	label := p.X.Tick.Label
	label.XAlign, label.YAlign = draw.XLeft, draw.YCenter
	if b.heading != "" {
		label.XAlign = draw.XRight
		label.Font.Weight = stdfont.WeightBold
		c.FillText(label, vg.Point{X: c.Min.X - p.Y.Padding - label.Width(" ") - p.Y.Width, Y: y}, b.heading)
		return
	}
	colour := ahead
	if b.spread.median < 1 {
		colour = behind
	}
	c.StrokeLine2(draw.LineStyle{Color: colour, Width: 0.6 * lineHeight}, toX(1), y, toX(b.spread.median), y)
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1}, toX(b.spread.low), y, toX(b.spread.high), y)
	c.FillText(label, vg.Point{X: toX(max(1, b.spread.high)) + 4, Y: y}, ratioText(b.spread.median))
}
