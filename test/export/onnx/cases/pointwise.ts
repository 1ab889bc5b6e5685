import { a, type GraphBuilder } from '../../../model/graph/graph-builder.js';
import { type Attributes, type Build, INT, op } from './builders.js';

const positive = (g: GraphBuilder, x: string) =>
  g.op('AddV2', 'positive', [g.op('Square', 'square', [x]), g.floats('one', [], { values: [1] })]);
const onPositive =
  (name: string): Build =>
  (g, x) =>
    g.op(name, 'it', [positive(g, x)]);
const pairs = (name: string, attributes: Attributes = {}): Record<string, Build> => ({
  [`${name} with a constant a channel`]: (g, x) =>
    g.op(name, 'it', [x, g.floats('other', [x === 'input' ? 3 : 4])], attributes),
  [`${name} of two images`]: (g, x) => g.op(name, 'it', [x, g.op('Tanh', 'other', [x])], attributes),
});
const select =
  (name: string): Build =>
  (g, x) => {
    const above = g.op('Greater', 'above', [x, g.floats('limit', [], { values: [0.2] })]);
    return g.op(name, 'it', [above, x, g.op('Neg', 'less', [x])]);
  };
const compare =
  (name: string): Build =>
  (g, x) => {
    const rounded = g.op('Round', 'rounded', [x]);
    const truth = g.op(name, 'it', [rounded, g.op('Round', 'other', [g.op('Tanh', 'tanh', [x])])]);
    return g.op('Cast', 'number', [truth], { SrcT: a.type('DT_BOOL'), DstT: a.type() });
  };
const both =
  (name: string): Build =>
  (g, x) => {
    const zero = g.floats('zero', [], { values: [0] });
    const signs = [
      g.op('Less', 'low', [x, zero]),
      g.op('Less', 'small', [g.op('Square', 'square', [x]), g.floats('limit', [], { values: [4] })]),
    ];
    return g.op('Cast', 'number', [g.op(name, 'it', name === 'LogicalNot' ? signs.slice(0, 1) : signs)], {
      SrcT: a.type('DT_BOOL'),
      DstT: a.type(),
    });
  };

const UNARY =
  'Relu Relu6 Selu Elu Sigmoid Tanh Softplus Softsign Neg Abs Square Exp Expm1 Erf Floor Ceil Round Sign Identity Softmax LogSoftmax';

/** Operations on each element, on x of any number of channels. */
export const POINTWISE: Record<string, Build> = {
  ...Object.fromEntries(UNARY.split(' ').map((name) => [name, op(name)])),
  ...Object.fromEntries('Sqrt Rsqrt Log Log1p Reciprocal'.split(' ').map((name) => [name, onPositive(name)])),
  LeakyRelu: op('LeakyRelu', { alpha: a.f(0.3) }),
  'LeakyRelu as it is by default': op('LeakyRelu'),
  ...Object.assign(
    {},
    ...'Add AddV2 Sub Mul RealDiv Div Maximum Minimum SquaredDifference'
      .split(' ')
      .map((name) => pairs(name)),
  ),
  ...pairs('FloorDiv'),
  ...pairs('FloorMod'),
  Pow: (g, x) => g.op('Pow', 'it', [positive(g, x), g.floats('other', [], { values: [1.7] })]),
  'Mul with a constant on the left': (g, x) => g.op('Mul', 'it', [g.floats('other', [7, 1]), x]),
  'Sub of what is pooled': (g, x) =>
    g.op('Sub', 'it', [
      g.op('Mean', 'mean', [x, g.ints('axes', [1, 2])], { Tidx: INT, keep_dims: a.b(true) }),
      x,
    ]),
  'AddV2 of a vector that is computed': (g, x) =>
    g.op('AddV2', 'it', [x, g.op('Sqrt', 'root', [g.op('Square', 'square', [g.floats('vector', [7, 1])])])]),
  AddN: (g, x) => g.op('AddN', 'it', [x, g.op('Tanh', 'other', [x]), x], { N: a.i(3) }),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterEqual'),
  Less: compare('Less'),
  LessEqual: compare('LessEqual'),
  Equal: compare('Equal'),
  NotEqual: compare('NotEqual'),
  LogicalAnd: both('LogicalAnd'),
  LogicalOr: both('LogicalOr'),
  LogicalNot: both('LogicalNot'),
  Select: select('Select'),
  SelectV2: select('SelectV2'),
  'Cast to booleans and back': (g, x) => {
    const truth = g.op('Cast', 'truth', [g.op('Relu', 'relu', [x])], {
      SrcT: a.type(),
      DstT: a.type('DT_BOOL'),
    });
    return g.op('Cast', 'it', [truth], { SrcT: a.type('DT_BOOL'), DstT: a.type() });
  },
};
