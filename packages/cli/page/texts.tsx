import { useState } from 'preact/hooks';
import type { Run } from './runs.ts';

/** What the models wrote: the newest text of each run, or an earlier one. */
export function Texts({ runs }: { readonly runs: readonly Run[] }) {
  const runsWithTexts = runs.filter(({ texts }) => texts.length > 0);
  if (runsWithTexts.length === 0) return null;
  return (
    <section id="texts">
      <h2>Text</h2>
      {runsWithTexts.map((run) => (
        <WrittenText key={run.index} run={run} />
      ))}
    </section>
  );
}

function WrittenText({ run: { name, texts: writtenTexts } }: { readonly run: Run }) {
  const [chosenIndex, setChosenIndex] = useState<number | null>(null); // null follows the newest
  const newestIndex = writtenTexts.length - 1;
  const index = Math.min(chosenIndex ?? newestIndex, newestIndex);
  const { step, texts: lines } = writtenTexts[index];
  return (
    <figure>
      <figcaption>
        <label>
          {name} after step{' '}
          <select
            value={String(index)}
            onChange={({ currentTarget }) => {
              const k = Number(currentTarget.value);
              setChosenIndex(k === newestIndex ? null : k);
            }}
          >
            {writtenTexts.map(({ step }, k) => (
              <option key={step} value={String(k)}>
                {step.toLocaleString('en')}
              </option>
            ))}
          </select>
        </label>
        <span class="lead"> {step === 0 ? 'before training' : ''}</span>
      </figcaption>
      <pre>{lines.join('\n')}</pre>
    </figure>
  );
}
