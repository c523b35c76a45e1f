// Package autherrvet finds two mistakes in programs that use package autherr. The compiler cannot see
// them, and tests seldom do. Command autherrvet runs it for go vet:
//
//	go mod edit -tool=github.com/seed-e9190de5/autherr/autherrvet/cmd/autherrvet
//	go mod tidy
//	go vet -vettool="$(go tool -n autherrvet)" ./...
//
// # A switch on a code without a default
//
// The set of error codes is open: any server may send one of its own. A switch on an
// autherr.ErrorCode has to say what becomes of those that it does not name:
//
//	switch autherr.CodeOf(err) {
//	case autherr.AuthorizationPending:
//		time.Sleep(interval)
//	case autherr.AccessDenied:
//		return err
//	} // found: what if the server says slow_down?
//
// # An error's text in a response
//
// What a server sends is made of codes. The text of an error belongs in the log, since it may hold a
// secret or an address, or tell an unknown client from a wrong password:
//
//	autherr.ErrorResponse{
//		Code:        autherr.InvalidGrant,
//		Description: "redeem: " + err.Error(), // found
//	}
//
// It is found in the Description and the URI: in a literal, in an assignment to the field, and in the
// argument of the builder's method of that name. An error's text is what its method Error returns,
// what fmt.Sprint, Sprintf and Sprintln make of an error, and what a conversion, a concatenation, a
// slice expression or a function of the packages html, net/url, strconv and strings makes of such a
// text. A local variable counts as its value if no other value is ever assigned to it.
//
// A code is not a secret, so the text of an ErrorCode may be sent. So may the text of a constant, such as
// autherr.ErrTokenExpired.Error(), which the programmer chose. What a client puts into the response of a
// RemoteError is not found, since nothing sends it.
package autherrvet

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// Analyzer finds the mistakes that the package comment describes. It has no options and no facts.
var Analyzer = &analysis.Analyzer{
	Name: "autherrvet",
	Doc: `find switches on an autherr.ErrorCode without a default, and texts of errors in responses

The set of error codes is open, so a switch on a code needs a default case. The
text of an error is for the log: in the Description or the URI of an
autherr.ErrorResponse it would reach the client.`,
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      run,
}

const autherrPath = "github.com/seed-e9190de5/autherr"

func run(pass *analysis.Pass) (any, error) {
	root := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()
	c := &checker{pass, valuesOf(pass.TypesInfo, root)}
	for at := range root.Preorder((*ast.SwitchStmt)(nil), (*ast.CompositeLit)(nil), (*ast.AssignStmt)(nil), (*ast.CallExpr)(nil)) {
		switch node := at.Node().(type) {
		case *ast.SwitchStmt:
			c.checkSwitch(node)
		case *ast.CompositeLit:
			c.checkLiteral(at, node)
		case *ast.AssignStmt:
			c.checkAssignment(node)
		case *ast.CallExpr:
			c.checkCall(node)
		}
	}
	return nil, nil
}

// A checker looks at one package.
type checker struct {
	*analysis.Pass
	values values
}

func (c *checker) checkSwitch(s *ast.SwitchStmt) {
	if s.Tag == nil || !isNamed(c.TypesInfo.TypeOf(s.Tag), "ErrorCode") {
		return
	}
	for _, clause := range s.Body.List {
		if clause.(*ast.CaseClause).List == nil {
			return
		}
	}
	c.Report(analysis.Diagnostic{
		Pos:      s.Pos(),
		End:      s.Tag.End(),
		Category: "switch",
		Message:  "switch on an autherr.ErrorCode without a default case: the set of codes is open, so add a default for the codes that no case names",
	})
}

// checkText reports an error's text in a parameter of a response.
func (c *checker) checkText(parameter string, value ast.Expr) {
	if !isParameter(parameter) || !c.isErrorText(value) {
		return
	}
	c.Report(analysis.Diagnostic{
		Pos:      value.Pos(),
		End:      value.End(),
		Category: "text",
		Message:  "an error's text in the " + parameter + " of a response reaches the client: write a fixed text, and log the error with autherr.LogAttr",
	})
}

func isParameter(name string) bool { return name == "Description" || name == "URI" }

// checkLiteral looks at a literal of an ErrorResponse.
func (c *checker) checkLiteral(at inspector.Cursor, literal *ast.CompositeLit) {
	t := c.TypesInfo.TypeOf(literal)
	if !isAutherr(t, "ErrorResponse") || c.isInRemote(at) {
		return
	}
	fields, ok := deref(t).Underlying().(*types.Struct)
	for i, element := range literal.Elts {
		if pair, named := element.(*ast.KeyValueExpr); named {
			c.checkText(pair.Key.(*ast.Ident).Name, pair.Value)
		} else if ok && i < fields.NumFields() {
			c.checkText(fields.Field(i).Name(), element)
		}
	}
}

// isInRemote reports whether the literal of a response is the value of a field of a RemoteError, which
// no endpoint sends.
func (c *checker) isInRemote(at inspector.Cursor) bool {
	for at = at.Parent(); ; at = at.Parent() {
		switch outer := at.Node().(type) {
		case *ast.KeyValueExpr, *ast.ParenExpr:
		case *ast.CompositeLit:
			return isAutherr(c.TypesInfo.TypeOf(outer), "RemoteError")
		default:
			return false
		}
	}
}

// checkAssignment looks at what is assigned to a field of an ErrorResponse.
func (c *checker) checkAssignment(s *ast.AssignStmt) {
	if len(s.Lhs) != len(s.Rhs) {
		return
	}
	for i, to := range s.Lhs {
		field, ok := ast.Unparen(to).(*ast.SelectorExpr)
		if !ok || !c.isFieldOf(field, "ErrorResponse") {
			continue
		}
		of, ok := ast.Unparen(field.X).(*ast.SelectorExpr)
		if ok && c.isFieldOf(of, "RemoteError") {
			continue
		}
		c.checkText(field.Sel.Name, s.Rhs[i])
	}
}

// isFieldOf reports whether x selects a field of the struct of autherr with that name, embedded or not.
func (c *checker) isFieldOf(x *ast.SelectorExpr, name string) bool {
	field, ok := c.TypesInfo.ObjectOf(x.Sel).(*types.Var)
	if !ok || !field.IsField() || field.Pkg() == nil || field.Pkg().Path() != autherrPath {
		return false
	}
	owner := field.Pkg().Scope().Lookup(name)
	if owner == nil {
		return false
	}
	fields, ok := owner.Type().Underlying().(*types.Struct)
	for i := 0; ok && i < fields.NumFields(); i++ {
		if fields.Field(i) == field {
			return true
		}
	}
	return false
}

// checkCall looks at what is given to an ErrorResponseBuilder.
func (c *checker) checkCall(call *ast.CallExpr) {
	method, ok := typeutil.Callee(c.TypesInfo, call).(*types.Func)
	if !ok || method.Signature().Recv() == nil || len(call.Args) != 1 {
		return
	}
	if isAutherr(method.Signature().Recv().Type(), "ErrorResponseBuilder") {
		c.checkText(method.Name(), call.Args[0])
	}
}

// isErrorText reports whether a text is or contains that of an error.
func (c *checker) isErrorText(text ast.Expr) bool {
	switch text := ast.Unparen(text).(type) {
	case *ast.BinaryExpr:
		return c.isErrorText(text.X) || c.isErrorText(text.Y)
	case *ast.SliceExpr:
		return c.isErrorText(text.X)
	case *ast.CompositeLit: // what strings.Join joins
		return slices.ContainsFunc(text.Elts, c.isErrorText)
	case *ast.CallExpr:
		return c.isErrorTextCall(text)
	case *ast.Ident:
		return c.isErrorTextVariable(text)
	default:
		return false
	}
}

// isErrorTextCall reports whether a call returns the text of an error, or makes a text of one.
func (c *checker) isErrorTextCall(call *ast.CallExpr) bool {
	if c.TypesInfo.Types[call.Fun].IsType() { // a conversion
		return c.isErrorText(call.Args[0])
	}
	callee, ok := typeutil.Callee(c.TypesInfo, call).(*types.Func)
	if !ok {
		return false
	}
	if isErrorMethod(callee) {
		x, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		return ok && !c.isConstant(x.X) && !isAutherr(callee.Signature().Recv().Type(), "ErrorCode")
	}
	switch callee.Pkg().Path() {
	case "fmt":
		return c.isErrorTextFormat(callee.Name(), call.Args)
	case "html", "net/url", "strconv", "strings":
		number, isBasic := c.TypesInfo.TypeOf(call).(*types.Basic)
		return slices.ContainsFunc(call.Args, c.isErrorText) && !(isBasic && number.Info()&types.IsString == 0)
	default:
		return false
	}
}

// isErrorTextFormat reports whether a function of package fmt makes a text of an error.
func (c *checker) isErrorTextFormat(function string, args []ast.Expr) bool {
	isText := func(arg ast.Expr) bool { return c.isErrorText(arg) || c.isPrintedError(arg) }
	switch function {
	case "Sprint", "Sprintln":
		return slices.ContainsFunc(args, isText)
	case "Sprintf":
		verbs := c.verbs(args[0])
		for i, arg := range args[1:] {
			hidden := i < len(verbs) && (verbs[i] == 'T' || verbs[i] == 'p')
			if !hidden && isText(arg) {
				return true
			}
		}
	}
	return false
}

// verbs returns the verbs of a format, one for each argument, or nil if they cannot be told.
func (c *checker) verbs(format ast.Expr) (verbs []rune) {
	value := c.TypesInfo.Types[format].Value
	if value == nil || value.Kind() != constant.String {
		return nil
	}
	text := constant.StringVal(value)
	if strings.ContainsAny(text, "*[") {
		return nil
	}
	inVerb := false
	for _, char := range text {
		switch {
		case !inVerb:
			inVerb = char == '%'
		case strings.ContainsRune("+-# 0123456789.", char):
		default:
			inVerb = false
			if char != '%' {
				verbs = append(verbs, char)
			}
		}
	}
	return verbs
}

// isPrintedError reports whether package fmt prints a value by its method Error.
func (c *checker) isPrintedError(value ast.Expr) bool {
	t := c.TypesInfo.TypeOf(value)
	if t == nil || c.isConstant(value) {
		return false
	}
	if slice, ok := t.Underlying().(*types.Slice); ok && !isError(t) {
		t = slice.Elem()
	}
	return isError(t) && !isAutherr(t, "ErrorCode")
}

func (c *checker) isConstant(x ast.Expr) bool { return c.TypesInfo.Types[x].Value != nil }

// isErrorTextVariable reports whether a local variable has the text of an error, and never another
// value.
func (c *checker) isErrorTextVariable(name *ast.Ident) bool {
	variable, ok := c.TypesInfo.ObjectOf(name).(*types.Var)
	if !ok || variable.Pkg() == nil || variable.Parent() == variable.Pkg().Scope() {
		return false
	}
	values := c.values[variable]
	delete(c.values, variable) // for a value that has the variable itself in it
	defer func() { c.values[variable] = values }()

	isText, others := false, 0
	for _, value := range values {
		if !value.isAdded {
			others++
		}
		isText = isText || value.x != nil && c.isErrorText(value.x)
	}
	return isText && others <= 1
}

// values has what is assigned to each variable. The zero value that a declaration gives is not in it.
type values map[*types.Var][]value

type value struct {
	x       ast.Expr // nil if it is something other than the value of an expression
	isAdded bool     // by +=
}

func valuesOf(info *types.Info, root inspector.Cursor) values {
	all := values{}
	add := func(to ast.Expr, from value) {
		if name, ok := ast.Unparen(to).(*ast.Ident); ok {
			if variable, ok := info.ObjectOf(name).(*types.Var); ok {
				all[variable] = append(all[variable], from)
			}
		}
	}
	addUnknown := func(to ...ast.Expr) {
		for _, to := range to {
			add(to, value{})
		}
	}
	for at := range root.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.RangeStmt)(nil), (*ast.UnaryExpr)(nil), (*ast.FuncType)(nil)) {
		switch node := at.Node().(type) {
		case *ast.AssignStmt:
			for i, to := range node.Lhs {
				if len(node.Lhs) == len(node.Rhs) {
					add(to, value{node.Rhs[i], node.Tok == token.ADD_ASSIGN})
				} else {
					addUnknown(to)
				}
			}
		case *ast.ValueSpec:
			for i, name := range node.Names {
				if len(node.Names) == len(node.Values) {
					add(name, value{x: node.Values[i]})
				} else if len(node.Values) != 0 {
					addUnknown(name)
				}
			}
		case *ast.RangeStmt:
			addUnknown(node.Key, node.Value)
		case *ast.UnaryExpr:
			if node.Op == token.AND {
				addUnknown(node.X)
			}
		case *ast.FuncType:
			for _, parameter := range node.Params.List {
				for _, name := range parameter.Names {
					addUnknown(name)
				}
			}
		}
	}
	return all
}

// isAutherr reports whether t is the type of autherr with that name, or a pointer to it.
func isAutherr(t types.Type, name string) bool { return isNamed(deref(t), name) }

// isNamed reports whether t is the type of autherr with that name.
func isNamed(t types.Type, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	is := named.Obj()
	return is.Pkg() != nil && is.Pkg().Path() == autherrPath && is.Name() == name
}

// deref returns what a pointer points to, and any other type as it is.
func deref(t types.Type) types.Type {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		return pointer.Elem()
	}
	return t
}

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

func isError(t types.Type) bool { return types.Implements(t, errorType) }

// isErrorMethod reports whether a function is the method of an error: Error() string.
func isErrorMethod(f *types.Func) bool {
	s := f.Signature()
	return f.Name() == "Error" && s.Recv() != nil && s.Params().Len() == 0 && s.Results().Len() == 1 && types.Identical(s.Results().At(0).Type(), types.Typ[types.String])
}
