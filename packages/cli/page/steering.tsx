import { useState } from 'preact/hooks';
import { type ControlMessage, type SteerLine, TOKEN_HEADER } from '../src/commands/live/messages.ts';
import { steerText } from '../src/terminal/text/steer-text.ts';
import { formatFigure } from './curves.ts';
import { isPaused, type Run } from './runs.ts';

/** Buttons and a field that steer a run, and what it answers. */
export function Steering({ run }: { readonly run: Run }) {
  const [answer, setAnswer] = useState<Answer>({ sentence: '', isRefused: false });
  const [isWaiting, setWaiting] = useState(false);
  const [rate, setRate] = useState('');
  // A disabled button would lose the focus of the keyboard, so a second click while waiting is ignored instead.
  const send = async (action: string, value?: number): Promise<void> => {
    if (isWaiting) return;
    setWaiting(true);
    setAnswer(await steer({ run: run.index, action, ...(value === undefined ? {} : { rate: value }) }));
    setWaiting(false);
  };
  const button = (action: string, text: string) => (
    <button type="button" name={action} aria-disabled={isWaiting} onClick={() => void send(action)}>
      {text}
    </button>
  );
  return (
    <form
      class="steering"
      aria-label={`Steer ${run.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (rate !== '') void send('rate', Number(rate));
      }}
    >
      <b>{run.name}</b>
      {isPaused(run) ? button('continue', 'Go on') : button('pause', 'Pause')}
      {button('checkpoint', 'Write a checkpoint')}
      <label>
        learning rate{' '}
        <input
          type="number"
          name="rate"
          min="0"
          step="any"
          value={rate}
          placeholder={formatFigure(run.steps.at(-1)?.learningRate ?? 0)}
          onInput={({ currentTarget }) => setRate(currentTarget.value)}
        />
      </label>
      <button type="submit" name="set-rate" aria-disabled={isWaiting} disabled={rate === ''}>
        Set the rate
      </button>
      {button('stop', 'Stop')}
      <output class={answer.isRefused ? 'refused' : ''} aria-live="polite">
        {isWaiting ? 'Waiting for the step to end.' : answer.sentence}
      </output>
    </form>
  );
}

interface Answer {
  readonly sentence: string;
  readonly isRefused: boolean;
}

async function steer(command: ControlMessage): Promise<Answer> {
  try {
    const response = await fetch('control', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [TOKEN_HEADER]: new URLSearchParams(location.search).get('token') ?? '',
      },
      body: JSON.stringify(command),
    });
    const reply = (await response.json()) as SteerLine & { readonly error?: string };
    if (response.ok) return { sentence: `${describe(reply)}.`, isRefused: false };
    return { sentence: `The run refuses: ${reply.error}.`, isRefused: true };
  } catch {
    return { sentence: 'The server does not answer.', isRefused: true };
  }
}

/** 'After step 130: the learning rate is 0.01, which the schedule scales'. */
const describe = ({ step, action, rate }: SteerLine): string =>
  `After step ${step.toLocaleString('en')}: ${steerText({ action, rate: rate ?? undefined })}`;

/** The steering commands that runs have followed. */
export function SteerList({ runs }: { readonly runs: readonly Run[] }) {
  const steeredRuns = runs.filter(({ steers }) => steers.length > 0);
  if (steeredRuns.length === 0) return null;
  return (
    <section id="steers">
      <h2>Steered</h2>
      {steeredRuns.map((run) => (
        <details key={run.index} open={run.steers.length <= 8}>
          <summary>
            {run.name}: {run.steers.length} {run.steers.length === 1 ? 'order' : 'orders'}
          </summary>
          <ol>
            {run.steers.map((line, k) => (
              <li key={k}>{describe(line)}</li>
            ))}
          </ol>
        </details>
      ))}
    </section>
  );
}
