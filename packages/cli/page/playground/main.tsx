import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useScheme } from '../scheme.ts';
import { type AddressState, createAddress, speeds } from './address.ts';
import { ChoicesForm } from './choices.tsx';
import { cssOf } from './colours.ts';
import type { Strokes } from './digit-image.ts';
import { DigitView, initialDigit } from './digit-view.tsx';
import { Layers } from './layers.tsx';
import { LossChart, type Losses } from './loss-chart.tsx';
import type { Frame, FromWorker, Opened, Ready, ToWorker } from './messages.ts';
import { Plane } from './plane.tsx';
import { drawnClasses, noPoints, type Points, readCsv, toCsv } from './points.ts';
import { commandOf, defaults, POINTS, type Settings } from './settings.ts';
import { aboutUnfused, examples } from './texts.ts';

const worker = new Worker(`worker.js${location.search}`);
const send = (message: ToWorker): void => worker.postMessage(message);

const UNREADABLE_DIGIT =
  'The address has a digit that this page cannot read, expected one that was drawn here: it is left out.';
const UNREADABLE_POINTS =
  'The address has points that this page cannot read, expected those that were drawn here: they are left out.';
const noStrokes: Strokes = [];

const noLosses: Losses = { training: [], test: [] };

function App({ ready }: { readonly ready: Ready }) {
  const address = useMemo(() => createAddress(ready.choices), [ready]);
  const [state, setState] = useState(address.read);
  const [isGoing, setGoing] = useState(false);
  const [opened, setOpened] = useState<Opened | null>(null);
  const [frame, setFrame] = useState<Frame | null>(null);
  const [losses, setLosses] = useState(noLosses);
  const [problem, setProblem] = useState<string | null>(null);
  const [colour, setColour] = useState(drawnClasses[0]);
  const [digit, setDigit] = useState(initialDigit);
  const run = useRef(0);
  const scheme = useScheme();
  const { settings, tab, speed, strokes } = state;
  const points = state.points ?? noPoints;
  const runSettings = ready.sharesMemory ? settings : { ...settings, threads: 1 };

  useEffect(() => {
    worker.onmessage = ({ data }) => {
      const message = data as FromWorker;
      if (message.kind === 'digit') setDigit({ ...initialDigit, answer: message });
      else if (message.kind === 'digit-training') setDigit((before) => ({ ...before, trainedShare: message.share }));
      else if (message.kind === 'failed' && message.run === null) {
        setDigit({ ...initialDigit, problem: message.sentence });
      } else if (message.kind !== 'ready' && message.run === run.current) {
        if (message.kind === 'opened') setOpened(message);
        else if (message.kind === 'frame') {
          setFrame(message);
          requestAnimationFrame(() => setTimeout(() => send({ kind: 'shown' })));
          setLosses((before) => withFrame(before, message));
          if (message.isOver) setGoing(false);
        } else {
          setProblem(message.sentence);
          setOpened(null);
          setFrame(null);
          setGoing(false);
        }
      }
    };
    const onHash = () => {
      setState((before) => ({
        ...address.read(),
        ...(before.points?.isDrawn === false ? { points: before.points } : {}), // an address has no points of a file
      }));
    };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, [address]);

  const open = () => {
    run.current++;
    setOpened(null);
    setFrame(null);
    setLosses(noLosses);
    setProblem(null);
    send({ kind: 'open', run: run.current, settings: runSettings, points });
    if (isGoing) send({ kind: 'go', stepsPerSecond: speeds[speed] });
  };
  const runKey = JSON.stringify([runSettings, runSettings.data === POINTS ? points : null]);
  useEffect(open, [runKey]);

  const change = (part: (before: AddressState) => Partial<AddressState>) =>
    setState((before) => {
      const next = { ...before, ...part(before) };
      address.write(next);
      return next;
    });
  const set = (part: Partial<Settings>) => change(({ settings }) => ({ settings: { ...settings, ...part } }));
  // Rendered again only for a choice: a rendering with every frame would lose numbers that are being typed.
  const form = useMemo(() => <ChoicesForm ready={ready} settings={settings} onChange={set} />, [ready, settings]);
  const setRunning = (runs: boolean, speedIndex = speed) => {
    setGoing(runs);
    send(runs ? { kind: 'go', stepsPerSecond: speeds[speedIndex] } : { kind: 'pause' });
  };
  const openFile = (file: File | undefined) => {
    file
      ?.text()
      .then((text) => {
        const points = readCsv(file.name, text);
        change(({ settings }) => ({ points, settings: { ...settings, data: POINTS } }));
      })
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };
  const isOwnPoints = settings.data === POINTS;
  // Whether products are fused, which is assumed until the run has opened.
  const { fused = true } = opened ?? {};
  const command = frame === null || frame.steps === 0 ? null : commandOf(runSettings, frame.steps, points, fused);
  return (
    <main
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        openFile(event.dataTransfer?.files[0]);
      }}
    >
      <header>
        <h1>Gradloom playground</h1>
        <nav>
          {(['plane', 'digits'] as const).map((name) => (
            <button
              key={name}
              type="button"
              name={name}
              aria-pressed={tab === name}
              onClick={() => change(() => ({ tab: name }))}
            >
              {name === 'plane' ? 'Points of a plane' : 'Digits'}
            </button>
          ))}
        </nav>
      </header>
      {tab === 'digits' ? (
        <DigitView
          {...digit}
          {...(strokes === null ? { problem: UNREADABLE_DIGIT } : {})}
          strokes={strokes ?? noStrokes}
          onStrokes={(next) => change(({ strokes }) => ({ strokes: next(strokes ?? noStrokes) }))}
          onDigit={(pixels) => {
            if (pixels === null) setDigit(initialDigit);
            else {
              setDigit((before) => ({ ...before, problem: null, isWaiting: before.answer === null }));
              send({ kind: 'digit', pixels });
            }
          }}
        />
      ) : (
        <div class="columns">
          <p id="examples">
            Examples
            {examples.map(({ title, settings: part }) => (
              <button
                key={title}
                type="button"
                onClick={() => set({ ...defaults, ...part, threads: settings.threads })}
              >
                {title}
              </button>
            ))}
          </p>
          {form}
          <div class="middle">
            <div id="run" role="toolbar" aria-label="Training">
              <button
                type="button"
                name="go"
                class="main"
                disabled={frame?.isOver ?? true}
                onClick={() => setRunning(!isGoing)}
              >
                {isGoing ? 'Pause' : 'Run'}
              </button>
              <button
                type="button"
                name="step"
                disabled={isGoing || (frame?.isOver ?? true)}
                onClick={() => send({ kind: 'step' })}
              >
                Step
              </button>
              <button type="button" name="again" onClick={open}>
                Start again
              </button>
              <label>
                speed{' '}
                <select
                  name="speed"
                  value={speed}
                  onChange={({ currentTarget }) => {
                    const speed = Number(currentTarget.value);
                    change(() => ({ speed }));
                    if (isGoing) setRunning(true, speed);
                  }}
                >
                  {speeds.map((steps, k) => (
                    <option key={steps} value={k}>
                      {Number.isFinite(steps) ? `${steps} a second` : 'as fast as it goes'}
                    </option>
                  ))}
                </select>
              </label>
            </div>
            {isOwnPoints && (
              <div id="drawing" role="toolbar" aria-label="Your own points">
                {drawnClasses.map((name, c) => (
                  <button
                    key={name}
                    type="button"
                    name={name}
                    aria-pressed={colour === name && points.isDrawn}
                    disabled={!points.isDrawn}
                    onClick={() => setColour(name)}
                  >
                    <i class="dot" style={{ background: cssOf(c) }} /> {name}
                  </button>
                ))}
                <button type="button" name="clear" onClick={() => change(() => ({ points: noPoints }))}>
                  Clear
                </button>
                <label class="button">
                  Open CSV
                  <input
                    type="file"
                    name="file"
                    accept=".csv,text/csv"
                    onChange={({ currentTarget }) => openFile(currentTarget.files?.[0])}
                  />
                </label>
                <button
                  type="button"
                  name="save"
                  disabled={!points.isDrawn || points.list.length === 0}
                  onClick={() => save(points)}
                >
                  Save {points.name}
                </button>
              </div>
            )}
            <Plane
              opened={opened}
              frame={frame}
              colour={isOwnPoints && points.isDrawn ? colour : null}
              drawn={isOwnPoints && points.isDrawn ? points.list : []}
              onDraw={(list) => change(() => ({ points: { ...noPoints, list } }))}
            />
            {[isOwnPoints && state.points === null ? UNREADABLE_POINTS : null, problem].map(
              (sentence) =>
                sentence !== null && (
                  <p key={sentence} class="problem" role="alert">
                    {sentence}
                  </p>
                ),
            )}
            <p id="state" role="status">
              {opened !== null && frame !== null && stateOf(opened, frame)}
            </p>
            <LossChart losses={losses} scheme={scheme} />
            {command !== null && frame !== null && <SameBits command={command} frame={frame} fused={fused} />}
          </div>
          <div class="right">{frame !== null && <Layers frame={frame} activation={settings.activation} />}</div>
        </div>
      )}
    </main>
  );
}

/** The command that gives the same weights, to the bit, and their fingerprint. */
function SameBits({
  command,
  frame,
  fused,
}: {
  readonly command: string;
  readonly frame: Frame;
  readonly fused: boolean;
}) {
  return (
    <section id="same">
      <h2>The same bits in a terminal</h2>
      <pre>
        <code id="command">{command}</code>
      </pre>
      <button type="button" name="copy" onClick={() => void navigator.clipboard?.writeText(command)}>
        Copy
      </button>
      {fused ? null : <p id="unfused">{aboutUnfused}</p>}
      <p class="lead">
        Fingerprint of the weights after step {frame.steps}: <code id="fingerprint">{frame.fingerprint}</code>
      </p>
    </section>
  );
}

function stateOf(
  { stepsPerEpoch, threads, parameters, test }: Opened,
  { steps, accuracy, isOver, losses }: Frame,
): string {
  const pointsText = test.classes.length > 0 ? 'test points (the rings)' : 'points';
  const accuracyText = `${(100 * accuracy).toFixed(1)} % of the ${pointsText} are answered rightly`;
  const epoch = (steps / stepsPerEpoch).toFixed(1);
  const lastLoss = losses.at(-1)?.[1] ?? 0;
  const endText =
    isOver && !Number.isFinite(lastLoss) ? ' The loss has left all bounds: a smaller learning rate helps.' : '';
  const team = threads === 1 ? 'one thread' : `${threads} threads`;
  return `Step ${steps}, epoch ${epoch}, ${parameters} weights, ${team}: ${accuracyText}.${endText}`;
}

/** Maximum number of pairs of a line of the chart. */
const MAX_PAIRS = 1200;

function withFrame({ training, test }: Losses, { steps, losses, testLoss }: Frame): Losses {
  return {
    training: halve([...training, ...losses]),
    test: halve(testLoss === null ? test : [...test, [steps, testLoss] as const]),
  };
}

/** Of too many pairs every second one, and the newest. */
const halve = (pairs: Losses['test']): Losses['test'] =>
  pairs.length <= MAX_PAIRS ? pairs : pairs.filter((_, k) => k % 2 === pairs.length % 2 || k > pairs.length - 3);

function save(points: Points): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([toCsv(points)], { type: 'text/csv' }));
  link.download = points.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}

const page = document.getElementById('page');
worker.onerror = () => {
  if (page !== null)
    page.textContent = 'The worker of this page does not start: this browser is too old, or blocks it.';
};
worker.onmessage = ({ data }) => {
  const message = data as FromWorker;
  if (message.kind === 'ready' && page !== null) render(<App ready={message} />, page);
};
