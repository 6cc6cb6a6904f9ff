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
  writeFileSync(join(place, 'worker.js'), await bundled(join(playground, 'worker.ts'), NOBLE, withoutFormulas));
}

/** The playground's networks have no layers of formulas, so its worker does without them and their kernels. */
const withoutFormulas = Object.fromEntries(
  ['./formulas.ts', './formulas/expression.ts', './bindings/formulas.ts'].map((module) => [
    module,
    join(playground, 'without-formulas.ts'),
  ]),
);

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

/** A script with all that it imports, from the sources; `alias` replaces modules. */
async function bundled(input, licences, alias = {}) {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    // Modules only export, apart from the entries and this one: tables that nobody asks for are left out.
    treeshake: {
      propertyReadSideEffects: false,
      moduleSideEffects: (id) => id === input || id.endsWith('/shared-memory.ts'),
    },
    resolve: { alias, conditionNames: ['@gradloom/source', 'browser', 'import', 'default'] },
    transform: { target: 'es2022' }, // page/tsconfig.json names preact for the elements
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  return `/*! Includes ${licences}. */${output[0].code.trim()}`;
}
