import { inLines, type Markup, markup, numberClips } from './markup/markup.ts';
import { type Drawing, drawWide, NARROW, type Picture, WIDE } from './picture.ts';
import { drawingStyle, themeStyle } from './theme.ts';

/** A part of a report: pictures, tables, and text in terminal form. */
export interface Chapter {
  readonly title: string;
  readonly lead?: string;
  readonly lines?: readonly string[]; // one paragraph each
  readonly code?: string; // a command
  readonly pictures?: readonly Picture[];
  readonly tables?: readonly Table[];
  readonly folded?: readonly Table[]; // below a line that opens them
  readonly listings?: readonly Listing[];
  readonly quotes?: readonly Listing[]; // unfolded
}

export interface Table {
  readonly title: string;
  readonly head?: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly numeric?: readonly number[]; // indices of right-aligned columns
  readonly notes?: readonly string[]; // below the table
}

/** Monospaced text below a title, or folded below a line that opens it. */
export interface Listing {
  readonly title: string;
  readonly text: string;
}

/** A key figure, such as the test accuracy. */
export interface KeyFigure {
  readonly name: string;
  readonly value: string;
}

export interface Page {
  readonly title: string;
  readonly lead: string;
  readonly figures?: readonly KeyFigure[]; // shown large, at the top
  readonly chapters: readonly Chapter[];
}

const style = markup`${themeStyle(markup`:root`)}
${drawingStyle}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 64px;max-width:${WIDE + 32}px;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 8px}
h2{font-size:1.25rem;margin:40px 0 4px;padding-top:16px;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;line-height:1.35;margin:28px 0 10px}
p{margin:0 0 12px}
a{color:var(--c1)}
nav{margin:20px 0 0;font-size:.92rem}
nav ul{list-style:none;margin:0;padding:0}
nav li{margin:2px 0}
nav span{color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:20px 0 0}
.figures div{min-width:0;display:flex;flex-direction:column-reverse;justify-content:flex-end;padding:12px 14px;border:1px solid var(--rule);border-radius:8px}
.figures dt{color:var(--soft);font-size:.85rem;line-height:1.3;margin-top:2px}
.figures dd{margin:0;font-size:1.5rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums}
.lead,figcaption{color:var(--soft)}
figure{margin:0 0 36px;break-inside:avoid}
figure svg{display:block;max-width:100%;height:auto}
figcaption{font-size:.95rem;margin-top:8px}
figure svg.narrow{display:none}
@media screen and (max-width:${WIDE + 31}px){figure svg.narrow{display:block}figure svg.wide{display:none}}
table{border-collapse:collapse;width:100%;font-size:.92rem;margin:0 0 20px}
caption{text-align:left;font-weight:600;padding:8px 0}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule)}
th{font-weight:600}
tbody th{font-weight:400;color:var(--soft)}
.facts th{width:32%}
.table{overflow-x:auto}
.table table{overflow-wrap:normal}
.facts td{overflow-wrap:anywhere}
.number,thead th{white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums}
.no{color:var(--c2);font-weight:600}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85rem}
pre{margin:0 0 16px;padding:12px;border:1px solid var(--rule);border-radius:6px;white-space:pre-wrap}
details pre{white-space:pre;overflow-x:auto;font-size:clamp(.42rem,1.75vw,.78rem);line-height:1.25}
summary{cursor:pointer;padding:6px 0}
@media print{body{max-width:none;padding:0;font-size:10pt}h2{margin-top:20pt;break-after:avoid}h3,.lead{break-after:avoid}h3{margin:12pt 0 6pt}figure{margin-bottom:14pt}figure svg.wide{width:82%}.table,tr,pre{break-inside:avoid}td,th{padding-top:2pt;padding-bottom:2pt}details{display:none}}`;

/** The page as one self-contained file. It has no scripts, and its policy forbids running any and loading anything. */
export function htmlPage({ title, lead, figures = [], chapters }: Page): Markup {
  return numberClips(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
${style}
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="lead">${lead}</p>
${inLines([...keyFigures(figures), ...tableOfContents(chapters), ...chapters.map(chapterOf)])}
</main>
</body>
</html>
`);
}

export const pictureNames = (html: string): string[] =>
  Array.from(html.matchAll(/^<figure id="([\w-]+)">$/gm), ([, name]) => name);

const keyFigures = (figures: readonly KeyFigure[]): Markup[] =>
  figures.length === 0
    ? []
    : [
        markup`<dl class="figures">${figures.map(
          ({ name, value }) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`,
        )}</dl>`,
      ];

/** Pages with this many chapters and pictures have a table of contents. */
const MIN_ENTRIES = 6;

const idOf = (k: number): string => `section-${k + 1}`;

/** A link to each chapter and to each of its pictures. */
function tableOfContents(chapters: readonly Chapter[]): Markup[] {
  const entries = chapters.reduce((sum, { pictures = [] }) => sum + 1 + pictures.length, 0);
  if (entries < MIN_ENTRIES) return [];
  const lines = chapters.map(({ title, pictures = [] }, k) => {
    const links = pictures.map(
      ({ name }, p) => markup`${p === 0 ? ': ' : ' · '}<a href="#${name}">${name.replaceAll('-', ' ')}</a>`,
    );
    return markup`<li><a href="#${idOf(k)}">${title}</a>${links}</li>`;
  });
  return [markup`<nav>\n<ul>\n${inLines(lines)}\n</ul>\n</nav>`];
}

function chapterOf(
  { title, lead, lines = [], code, pictures = [], tables = [], folded = [], listings = [], quotes = [] }: Chapter,
  k: number,
): Markup {
  const fold = (summary: string, content: Markup): Markup =>
    markup`<details><summary>${summary}</summary>${content}</details>`;
  return inLines([
    markup`<section id="${idOf(k)}">\n<h2>${title}</h2>`,
    ...(lead === undefined ? [] : [markup`<p class="lead">${lead}</p>`]),
    ...lines.map((line) => markup`<p>${line}</p>`),
    ...(code === undefined ? [] : [markup`<pre><code>${code}</code></pre>`]),
    ...quotes.map(({ title, text }) => markup`<h3>${title}</h3><pre>${text}</pre>`),
    ...pictures.map(figureOf),
    ...tables.map((table) => tableOf(table)),
    ...folded.map((table) => fold(table.title, tableOf(table, ''))),
    ...listings.map(({ title, text }) => fold(title, markup`<pre>${text}</pre>`)),
    markup`</section>`,
  ]);
}

function figureOf(picture: Picture): Markup {
  return inLines([
    markup`<figure id="${picture.name}">`,
    markup`<h3>${picture.title}</h3>`,
    inline(picture, 'wide', drawWide(picture)),
    inline(picture, 'narrow', picture.draw(NARROW)),
    markup`<figcaption>${picture.caption}</figcaption>`,
    markup`</figure>`,
  ]);
}

/** Drawn at two widths, so that text has the same size on a phone. Browsers and screen readers take one of them. */
function inline({ name, title, altText }: Picture, size: string, drawing: Drawing): Markup {
  const { width, height } = drawing;
  const id = `${name}-${size}`;
  const label = markup`<title id="${id}-t">${title}</title><desc id="${id}-d">${altText}</desc>`;
  return markup`<svg class="chart ${size}" role="img" aria-labelledby="${id}-t ${id}-d" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${label}${drawing.markup}</svg>`;
}

function tableOf({ title, head, rows, numeric = [], notes = [] }: Table, shownTitle = title /* '' for none */): Markup {
  const cell = (text: string, c: number): Markup => {
    if (c === 0) return markup`<th scope="row">${text}</th>`;
    if (text === 'NO') return markup`<td class="no">${text}</td>`;
    return numeric.includes(c) ? markup`<td class="number">${text}</td>` : markup`<td>${text}</td>`;
  };
  const heading = (text: string, c: number): Markup =>
    numeric.includes(c) ? markup`<th scope="col" class="number">${text}</th>` : markup`<th scope="col">${text}</th>`;
  const body = inLines(rows.map((row) => markup`<tr>${row.map(cell)}</tr>`));
  const caption = shownTitle === '' ? markup`` : markup`<caption>${shownTitle}</caption>`;
  const table =
    head === undefined
      ? markup`<table class="facts">${caption}<tbody>\n${body}\n</tbody></table>`
      : markup`<table>${caption}<thead><tr>${head.map(heading)}</tr></thead><tbody>\n${body}\n</tbody></table>`;
  return markup`<div class="table">${table}${notes.map((note) => markup`<p class="lead">${note}</p>`)}</div>`;
}
