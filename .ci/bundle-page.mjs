import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const page = fileURLToPath(new URL('../packages/cli/page', import.meta.url));

/** Bundles the live page with its script and style into one file, `live.html` in `folder`. */
export async function bundlePage(folder) {
  const bundle = await rolldown({
    input: join(page, 'main.tsx'),
    platform: 'browser',
    transform: { target: 'es2022' }, // page/tsconfig.json names preact for the elements
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  const licences = 'Includes preact (MIT, (c) 2015-present Jason Miller) and uPlot (MIT, (c) 2025 Leon Sorokin).';
  const script = `/*! ${licences} */${output[0].code.trim()}`;
  const sheets = [createRequire(join(page, 'main.tsx')).resolve('uplot/dist/uPlot.min.css'), join(page, 'page.css')];
  const style = sheets.map((sheet) => readFileSync(sheet, 'utf8').trim()).join('\n');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Gradloom live</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<script>${script}</script>
</body>
</html>
`;
  writeFileSync(join(folder, 'live.html'), html);
}
