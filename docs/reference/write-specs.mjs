/**
 * Writes docs/specs.md from the tables of @gradloom/core: their names, the comments of their members, and the options
 * of these. `npm run docs:specs -- --check` writes nothing, and fails if the page differs from the tables.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const page = fileURLToPath(new URL('../specs.md', import.meta.url));
const entry = fileURLToPath(new URL('../../packages/core/src/index.ts', import.meta.url));
const program = ts.createProgram([entry], {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  types: [],
});
const checker = program.getTypeChecker();
const exported = new Map(
  checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))
    .map((symbol) => [symbol.name, aliased(symbol)]),
);

/** Each table with the text above its members. */
const families = [
  [
    'layers',
    'Layers',
    `Each takes B rows x [B, I] and puts out y [B, O]. Any may have a \`name\`, which messages and tables then use: \`{ kind: "dense", out: 64, name: "encoder" }\`; with \`freeze: true\` its tensors stay as they are in training, and with \`lora: 8\` it has [low-rank additions](fine-tuning.md#low-rank-additions). ${builders()}`,
  ],
  ['activations', 'Activations', 'z is the input of the layer, a its output, number by number.'],
  [
    'losses',
    'Losses',
    '`{ loss: "mse" }` among the options of `train`. y is the output of the network, t the target; a batch takes the mean over its rows.',
  ],
  [
    'optimizers',
    'Optimizers',
    '`{ optimizer: { kind: "sgd", lr: 0.1 } }` among the options of `train`. θ is a parameter, g its gradient, averaged over the batch.',
  ],
  [
    'schedules',
    'Schedules',
    '`{ schedule: "cosine" }` among the options of `train`. Each gives a factor by which the learning rate of the optimizer is multiplied, step by step.',
  ],
  [
    'initializers',
    'Initializers',
    '`init` and `biasInit` of a layer: `{ kind: "dense", out: 10, init: "he-normal" }`. fanIn and fanOut are the numbers of inputs and outputs.',
  ],
];

const text = [
  '# Specs',
  '',
  'A network is JSON, and so are loss, optimizer, schedule and initializer. This page lists every kind with its options.',
  'A kind without options may be written by its name alone: `"adam"` is `{ kind: "adam" }`. Unknown kinds and options are',
  'refused, with the nearest known one. `npm run docs:specs` writes this page from the tables in `packages/core/src`: edit',
  'the comments there.',
  '',
  '```js',
  "const network = { input: 784, layers: [{ kind: 'dense', out: 128 }, { kind: 'relu' }, { kind: 'dense', out: 10 }] };",
  'const same = sequential(784, dense(128), relu(), dense(10));',
  '```',
  '',
  ...families.map(([, title]) => `- [${title}](#${title.toLowerCase()})`),
  '',
  ...families.flatMap(([name, title, intro]) => [`## ${title}`, '', ...wrapped(intro), '', ...describe(name)]),
].join('\n');

if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error('docs/specs.md is not what the tables say: run `npm run docs:specs` and commit the page.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(page, text);
}

/** The members of a table, one after the other; the activations, which take the same options, in one table. */
function describe(name) {
  const table = checker.getTypeOfSymbol(exported.get(name));
  const members = checker.getPropertiesOfType(table);
  if (name === 'activations') return activationTable(members);
  return [
    ...members.flatMap((member) => {
      const comment = commentOf(member);
      const options = optionsOf(member);
      return [`### \`${member.name}\``, '', ...wrapped(comment), '', ...optionTable(options)];
    }),
    ...(name === 'schedules' ? ['### Warm-up', '', 'Every schedule takes it.', '', ...optionTable(warmup())] : []),
  ];
}

function activationTable(members) {
  const rows = members.map((member) => [`\`${member.name}\``, commentOf(member)]);
  const [fn, size, alpha] = ['fn', 'size', 'alpha'].map((option) => propertyOf('ActivationOptions', option));
  return [
    'In full `{ kind: "activation", fn: "relu" }`, in short `{ kind: "relu" }`.',
    '',
    ...markdownTable(['activation', 'formula'], rows),
    ...optionTable([fn, size, alpha]),
  ];
}

function builders() {
  const names = [
    'dense(128)',
    'dropout(0.5)',
    'embedding(27, 8)',
    'layerNorm()',
    'residual(dense(64), relu())',
    'conv2d(32, 3)',
    'maxPool(2)',
    'flatten()',
    'swiglu(128)',
  ];
  return `Each has a function that writes its spec: ${names.map((call) => `\`${call}\``).join(', ')}.`;
}

function warmup() {
  return [propertyOf('WarmupOptions', 'warmupSteps')];
}

function propertyOf(type, name) {
  return checker.getPropertyOfType(checker.getDeclaredTypeOfSymbol(exported.get(type)), name);
}

/** The options of a member's factory in table order: its own, then shared ones. */
function optionsOf(member) {
  const [signature] = checker.getTypeOfSymbol(member).getCallSignatures();
  const [parameter] = signature.getParameters();
  // The factory of a residual block knows less of its layers than the type that a caller sees.
  const seen = member.name === 'residual' && exported.get('ResidualOptions');
  const type = seen
    ? checker.getDeclaredTypeOfSymbol(seen)
    : checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
  const own = signature.getDeclaration().getSourceFile();
  const placeOf = ({ declarations: [{ pos, parent }] }) => ({ pos, file: parent.getSourceFile() });
  return checker.getPropertiesOfType(type).sort((left, right) => {
    const [a, b] = [left, right].map(placeOf);
    return a.file === b.file ? a.pos - b.pos : (a.file !== own) - (b.file !== own);
  });
}

function optionTable(options) {
  if (options.length === 0) return [];
  const rows = options.map((option) => {
    const [declaration] = option.getDeclarations();
    const fallback = option.getJsDocTags(checker).find((tag) => tag.name === 'default');
    const comment = ts.displayPartsToString(option.getDocumentationComment(checker));
    if (comment === '') throw new Error(`docs/specs.md: option ${option.name} has no comment, expected one`);
    const isOptional = (option.flags & ts.SymbolFlags.Optional) !== 0;
    const standard = fallback === undefined ? (isOptional ? '' : '(required)') : ts.displayPartsToString(fallback.text);
    const written = declaration.type?.getText();
    const type = written ?? nameOf(checker.getNonNullableType(checker.getTypeOfSymbol(option)));
    return [`\`${option.name}\``, `\`${type}\``, standard, comment];
  });
  return markdownTable(['option', 'type', 'default', 'meaning'], rows);
}

/** A type as in a signature: a union by the name under which it is exported. */
function nameOf(type) {
  const name = [...exported.values()].find(
    (symbol) => (symbol.flags & ts.SymbolFlags.TypeAlias) !== 0 && checker.getDeclaredTypeOfSymbol(symbol) === type,
  );
  return type.isUnion() && name !== undefined ? name.name : checker.typeToString(type);
}

/** The comment of a member in the table, or else of its factory, which may stand before its options in a list. */
function commentOf(member) {
  const [declaration] = member.getDeclarations();
  const { initializer } = declaration;
  const value = ts.isShorthandPropertyAssignment(declaration)
    ? checker.getShorthandAssignmentValueSymbol(declaration)
    : checker.getSymbolAtLocation(initializer?.elements?.[0] ?? initializer);
  const comments = [member, ...(value === undefined ? [] : [aliased(value)])].map((symbol) =>
    ts.displayPartsToString(symbol.getDocumentationComment(checker)),
  );
  const comment = comments.find((found) => found !== '');
  if (comment === undefined) throw new Error(`docs/specs.md: ${member.name} has no comment, expected one`);
  return comment;
}

function aliased(symbol) {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

function markdownTable(titles, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replace(/\s+/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line), ''];
}

/** Lines of at most 120 columns. */
function wrapped(paragraph) {
  const lines = [''];
  for (const word of paragraph.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== '' && last.length + word.length + 1 > 120) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
