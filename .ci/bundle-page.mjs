import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const packages = fileURLToPath(new URL('../packages', import.meta.url));
const page = join(packages, 'cli/page');
const playground = join(page, 'playground');
const uplot = createRequire(join(page, 'main.tsx')).resolve('uplot/dist/uPlot.min.css');

/** Bundles the live page, `live.html`, and the playground, `playground/`, into `folder`. */
export async function bundlePage(folder) {
  const live = {
    licences: `${PREACT} and uPlot (MIT, (c) 2025 Leon Sorokin)`,
    title: 'Gradloom live',
    script: join(page, 'main.tsx'),
    sheets: [uplot, join(page, 'page.css')],
  };
  await writePage(join(folder, 'live.html'), live);
  const place = join(folder, 'playground');
  mkdirSync(place, { recursive: true });
  await writePage(join(place, 'index.html'), {
    licences: PREACT,
    title: 'Gradloom playground',
    script: join(playground, 'main.tsx'),
    sheets: [join(page, 'page.css'), join(playground, 'playground.css')],
  });
  writeFileSync(join(place, 'worker.js'), await bundled(join(playground, 'worker.ts'), NOBLE));
}

const PREACT = 'preact (MIT, (c) 2015-present Jason Miller)';
const NOBLE = 'noble-hashes (MIT, (c) 2022 Paul Miller)';

/** Writes one file with its script and style inside, so that a page needs no other request. */
async function writePage(path, { title, licences, script, sheets }) {
  const code = await bundled(script, licences);
  // Without line ends and indents. No string of the sheets has two blanks.
  const style = sheets.map((sheet) => readFileSync(sheet, 'utf8').replaceAll(/\s+/g, ' ').trim()).join('\n');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<script>${code}</script>
</body>
</html>
`;
  writeFileSync(path, html);
}

/**
 * Files of core that the playground's networks need: the networks of its controls, and models of `digitKinds`. It has
 * no other file of these folders, so that new kinds of layers add nothing to it.
 */
const kept = {
  'network/layers': [
    ...['activation', 'batch-norm', 'channel-dropout', 'convolution', 'dense', 'dropout', 'flatten', 'global-avg-pool'],
    ...['group-norm', 'layer-norm', 'like', 'lora', 'plus', 'pool', 'residual'],
    ...['at-each-position', 'axes', 'index', 'initialized-tensor', 'layer', 'layer-context', 'memory', 'reshape'],
    'windows',
  ],
  'program/ops': [
    ...['activations', 'convolutions', 'index', 'losses', 'norms', 'pools', 'products', 'reductions', 'step'],
    ...['updates', 'vectors'],
  ],
  'backends/bindings': [
    ...['array-calls', 'call-tape', 'elementwise', 'fixed-products', 'gather-bytes', 'losses/losses'],
    ...['losses/row-kernels', 'panels/packing', 'panels/panel-memory', 'panels/panels', 'panels/term-lists'],
    ...['panels/tile-products', 'products', 'scratch-arrays', 'sparsity', 'steps', 'updates', 'weight-products'],
  ],
  'backends/kernels': [
    ...['column-groups', 'elementwise', 'gather', 'list-terms', 'losses', 'max-norm', 'moves', 'pack', 'row-lanes'],
    ...['steps', 'tile', 'transpose', 'update'],
  ],
  'backends/formulas': [...['arithmetic', 'emit-formula', 'formula', 'functions', 'index', 'losses', 'updates']],
};
const keptFolders = Object.entries(kept).map(([name, files]) => {
  const folder = join(packages, 'core/src', name, '/');
  return { folder, files: files.map((file) => join(folder, `${file}.ts`)) };
});
const LEFT_OUT = 'virtual:left-out';

/** Replaces each file that is left out by a module with stand-ins for its exports. */
const leavingOut = {
  name: 'leaving-out',
  resolveId: (id) => (id === LEFT_OUT ? id : null),
  load(id) {
    if (id === LEFT_OUT) {
      return 'export const leftOut = (name) => () => { throw new Error("This page leaves out " + name + "."); };';
    }
    const { folder, files } = keptFolders.find((it) => id.startsWith(it.folder)) ?? {};
    if (folder === undefined || files.includes(id)) return null;
    const names = readFileSync(id, 'utf8').matchAll(/^export (?:const|function|class) (\w+)/gm);
    const exports = Array.from(names, ([, name]) => [name, standIn(name, folder)]).filter(
      ([, value]) => value !== null,
    );
    const lines = exports.map(([name, value]) => `export const ${name} = ${value};`);
    return { code: [`import { leftOut } from '${LEFT_OUT}';`, ...lines].join('\n'), moduleType: 'js' };
  },
};

/** JavaScript of what stands for an export that is left out; null if nothing can: bundling what needs it then fails. */
function standIn(name, folder) {
  if (name.endsWith('_SCRATCH')) return '0';
  if (name.endsWith('Scratch')) return '() => 0';
  if (/^[A-Z_]+$/.test(name)) return null; // a constant
  // A binding that binds nothing: plain code then runs the operations, to the same bits.
  if (folder.endsWith(join('bindings', '/')) && name.startsWith('create')) return '() => () => null';
  // Of a table, this is an empty one: a function has no entries.
  return `/* @__PURE__ */ leftOut('${name}')`;
}

/** A script with all that it imports, from the sources. */
async function bundled(input, licences) {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    plugins: [leavingOut],
    // Modules only export, apart from the entries and this one: tables that nobody asks for are left out.
    treeshake: {
      propertyReadSideEffects: false,
      moduleSideEffects: (id) => id === input || id.endsWith('/shared-memory.ts'),
    },
    resolve: { conditionNames: ['@gradloom/source', 'browser', 'import', 'default'] },
    transform: { target: 'es2022' }, // page/tsconfig.json names preact for the elements
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  return `/*! Includes ${licences}. */${output[0].code.trim()}`;
}
