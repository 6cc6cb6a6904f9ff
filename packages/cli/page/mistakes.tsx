import type { WrongRow, WrongRows } from '../src/commands/live/messages.ts';
import type { Run } from './runs.ts';

/** The rows that finished runs were most surely wrong about, with their images if rows are images. */
export function Mistakes({ runs }: { readonly runs: readonly Run[] }) {
  const known = runs.flatMap(({ place, name, facts: { result } }) => {
    const wrong = result?.wrong ?? null;
    return wrong === null || wrong.rows.length === 0 ? [] : [{ place, name, wrong }];
  });
  if (known.length === 0) return null;
  return (
    <section id="mistakes">
      <h2>Wrong answers</h2>
      <p class="lead">The rows whose wrong answer is the surest: actual class → answer, and its probability.</p>
      {known.map(({ place, name, wrong }) => (
        <figure key={place}>
          <figcaption>
            {name}, {wrong.split} rows
          </figcaption>
          <ul>
            {wrong.rows.map((row) => (
              <li key={row.row}>
                <Sample {...{ row, wrong }} />
                {row.label} → <b>{row.answer}</b>
                {row.probability !== null && `, ${(100 * row.probability).toFixed(1)} %`}
                <small> row {row.row.toLocaleString('en')}</small>
              </li>
            ))}
          </ul>
        </figure>
      ))}
    </section>
  );
}

/** The image of a row: its part of the sheet. */
function Sample({ row: { corner }, wrong: { sheet } }: { readonly row: WrongRow; readonly wrong: WrongRows }) {
  if (sheet === null) return null;
  return (
    <svg viewBox={`${corner.join(' ')} ${sheet.width} ${sheet.height}`} aria-hidden="true">
      <image width={sheet.size.width} height={sheet.size.height} href={`data:image/png;base64,${sheet.png}`} />
    </svg>
  );
}
