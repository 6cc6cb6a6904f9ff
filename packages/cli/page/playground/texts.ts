import type { Settings } from './settings.ts';

/** A sentence for beginners beside each choice. */
export const aboutOption: Readonly<Record<keyof Settings, string>> = {
  data: 'The points that the network learns to tell apart. You can draw your own, or drop a CSV file on the plane.',
  rows: 'More points show the shape better. A part of them is kept for testing, and is never trained on.',
  noise: 'Noise moves each point at random. With much of it classes overlap, and no network can be right everywhere.',
  layers: 'Each layer works on what the one before it sees. Without any, the boundary is a straight line.',
  units: 'Each unit of the first layer sees one edge. Later layers put edges together to shapes.',
  activation: 'The bend after each layer. Without it, many layers would be no more than one.',
  init: 'How large the weights are at the start. Too small, and signals fade from layer to layer; too large, and they grow.',
  optimizer: 'The rule that turns gradients into steps.',
  rate: 'The size of a step. Too small is slow; too large jumps over the goal, and the loss grows.',
  batch: 'Points that one step looks at. Few make quick steps that wander, many make steady ones.',
  seed: 'The start of all chance: the same seed gives the same points, weights and steps, to the bit.',
  precision: 'Digits of the numbers: float64 has 16, float32 has 7.',
  threads: 'Threads share the points of a batch, some at a time. Their number never changes a bit of the result.',
};

/** Where WebAssembly has no fused multiply-add. */
export const aboutUnfused =
  'This browser rounds products and sums one after the other, so its bits differ from those of most other machines.';

/** A sentence about each member of the tables; a new member has none at first, and is shown without. */
export const aboutMember: Readonly<Record<string, string>> = {
  points: 'Choose a colour and draw: click, drag, or move with the arrow keys and press the space bar.',
  xor: 'Four corners: the classes are on the diagonals, so no straight line parts them.',
  and: 'One corner against three: a straight line is enough.',
  or: 'Three corners against one: a straight line is enough.',
  spirals: 'Two arms around each other: the hardest of these, which needs several layers.',
  moons: 'Two half circles that grip into each other.',
  circles: 'A ring around a ring: the boundary has to close.',
  blobs: 'Three clouds: straight lines part them.',
  sigmoid: 'Bends everything into 0 to 1. Its slope is at most 1/4, so each layer passes on a quarter of the gradient.',
  tanh: 'Bends everything into -1 to 1. Its slope is 1 only at 0.',
  relu: 'Passes on what is above 0, with slope 1: gradients come through many layers.',
  'leaky-relu': 'As relu, with a small slope below 0, so that no unit is ever off.',
  gelu: 'As relu with a rounded corner; transformers use it.',
  silu: 'x times its sigmoid: as relu with a rounded corner.',
  elu: 'As relu above 0, and bends to -1 below.',
  identity: 'No bend: the whole network is one straight line.',
  zeros: 'All weights 0: all units stay the same for ever.',
  sgd: 'Steps against the gradient, as long as it is: where the gradient vanishes, nothing moves.',
  adam: 'Divides each gradient by its usual size, so that small ones step as far as large ones.',
  adamw: 'As adam, and lets weights shrink a little in each step.',
  rmsprop: 'Divides each gradient by its recent size.',
  adagrad: 'Divides each gradient by the size of all so far: steps get shorter.',
  lion: 'Steps of one size, in the direction of the momentum: use a small rate.',
};

/** Situations to look at. */
export const examples: readonly { readonly title: string; readonly settings: Partial<Settings> }[] = [
  { title: 'Moons', settings: {} },
  {
    title: 'Spirals',
    settings: { data: 'spirals', layers: 3, units: 16, activation: 'relu', optimizer: 'adam', rate: 0.01 },
  },
  {
    title: '20 layers of sigmoid',
    settings: { layers: 20, units: 16, activation: 'sigmoid', optimizer: 'sgd', rate: 0.01 },
  },
  { title: '20 layers of relu', settings: { layers: 20, units: 16, activation: 'relu', optimizer: 'sgd', rate: 0.01 } },
];
