import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const page = fileURLToPath(new URL('../packages/cli/page', import.meta.url));

/** Bundles the live page with its script and style into one file, `live.html` in `folder`. */
export async function bundlePage(folder) {
  const { outputFiles } = await build({
    stdin: {
      contents: "import './main.tsx';\nimport 'uplot/dist/uPlot.min.css';\nimport './page.css';",
      resolveDir: page,
    },
    bundle: true,
    minify: true,
    write: false,
    outdir: folder,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'inline',
    banner: {
      js: '/*! Includes preact (MIT, (c) 2015-present Jason Miller) and uPlot (MIT, (c) 2025 Leon Sorokin). */',
    },
  });
  const [script, style] = ['.js', '.css'].map((end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim());
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
