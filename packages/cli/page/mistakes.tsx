import { useState } from 'preact/hooks';
import type { WrongAnswers, WrongMessage, WrongRow, WrongRows } from '../src/commands/live/messages.ts';
import type { Run } from './runs.ts';

interface MistakesProps {
  readonly runs: readonly Run[];
  readonly isServed: boolean; // whether checkpoints can be asked
}

/** The rows that runs were most surely wrong about, with their images if rows are images. */
export function Mistakes({ runs, isServed }: MistakesProps) {
  const results = runs.flatMap(({ index, name, facts: { result } }) =>
    (result?.wrong ?? []).filter(({ rows }) => rows.length > 0).map((wrong) => ({ index, name, wrong })),
  );
  const unfinished = isServed ? runs.filter(({ facts }) => facts.state !== 'ended') : [];
  if (results.length + unfinished.length === 0) return null;
  return (
    <section id="mistakes">
      <h2>Wrong answers</h2>
      <p class="lead">The rows whose wrong answer is the surest: actual class → answer, and its probability.</p>
      {unfinished.map((run) => (
        <NewestCheckpoint key={run.index} run={run} />
      ))}
      {results.map(({ index, name, wrong }) => (
        <figure key={`${index} ${wrong.target}`}>
          <figcaption>
            {name}, {wrong.split} rows{wrong.target !== null && `, ${wrong.target}`}
          </figcaption>
          <Rows wrong={wrong} />
        </figure>
      ))}
    </section>
  );
}

/** What the newest checkpoint of a run answers wrongly, when the reader asks. */
function NewestCheckpoint({ run: { index, name } }: { readonly run: Run }) {
  const [answer, setAnswer] = useState<WrongMessage | null>(null);
  const [problem, setProblem] = useState('');
  const [isWaiting, setWaiting] = useState(false);
  const askNow = async (): Promise<void> => {
    if (isWaiting) return;
    setWaiting(true);
    const [reply, sentence] = await ask(index);
    if (reply !== null) setAnswer(reply);
    setProblem(sentence);
    setWaiting(false);
  };
  return (
    <figure>
      <figcaption>
        <button type="button" name="look" aria-disabled={isWaiting} onClick={() => void askNow()}>
          Ask the newest checkpoint
        </button>{' '}
        {name}
        {answer !== null && captionOf(answer)}
      </figcaption>
      <p role="status" class={problem === '' ? 'lead' : 'problem'}>
        {isWaiting ? 'The checkpoint answers.' : problem}
      </p>
      {answer?.answers.map((answers) => (
        <div key={answers.wrong.target}>
          {answers.wrong.target !== null && <p>{sentenceOf(answer, answers)}</p>}
          <Rows wrong={answers.wrong} />
        </div>
      ))}
    </figure>
  );
}

async function ask(index: number): Promise<readonly [WrongMessage | null, string]> {
  try {
    const response = await fetch(`wrong${location.search}&run=${index}`);
    const body = (await response.json()) as WrongMessage & { readonly error?: string };
    return response.ok ? [body, ''] : [null, `No answer: ${body.error}.`];
  } catch {
    return [null, 'The server does not answer.'];
  }
}

/** ', after step 1,266: 34 of 1,000 validation rows are wrong'; those of several targets stand below. */
function captionOf(answer: WrongMessage): string {
  const { step, answers } = answer;
  const whole = answers.find(({ wrong }) => wrong.target === null);
  const stepText = step === null ? '' : `, after step ${step.toLocaleString('en')}`;
  return `${stepText}${whole === undefined ? '' : `: ${sentenceOf(answer, whole)}`}`;
}

/** 'buys: 34 of 1,000 validation rows are wrong' */
const sentenceOf = ({ rows }: WrongMessage, { mistaken, wrong: { split, target } }: WrongAnswers): string => {
  const [wrongText, rowsText] = [mistaken, rows].map((number) => number.toLocaleString('en'));
  return `${target === null ? '' : `${target}: `}${wrongText} of ${rowsText} ${split} rows are wrong`;
};

function Rows({ wrong }: { readonly wrong: WrongRows }) {
  return (
    <ul>
      {wrong.rows.map((row) => (
        <li key={row.row}>
          <Sample row={row} wrong={wrong} />
          {row.label} → <b>{row.answer}</b>
          {row.probability !== null && `, ${(100 * row.probability).toFixed(1)} %`}
          <small> row {row.row.toLocaleString('en')}</small>
        </li>
      ))}
    </ul>
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
