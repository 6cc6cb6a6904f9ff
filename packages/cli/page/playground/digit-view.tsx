import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import {
  digitOf,
  inkOf,
  MAX_PEN_POINTS,
  PAPER,
  type PenPoint,
  penPointAt,
  SIDE,
  type Strokes,
  withPenPoint,
} from './digit-image.ts';
import type { DigitAnswer } from './messages.ts';
import { arrowMoves } from './plane.tsx';

/** Points of the paper that an arrow key moves the pen. */
const KEY_STEP = 4;

/** The state of a drawn digit. */
export interface DigitState {
  readonly answer: DigitAnswer | null;
  readonly problem: string | null;
  readonly isWaiting: boolean; // for the model
  readonly trainedShare: number | null; // of the training of the model that is done; null if it does not train
}

export const initialDigit: DigitState = { answer: null, problem: null, isWaiting: false, trainedShare: null };

export interface DigitViewProps extends DigitState {
  readonly strokes: Strokes;
  readonly onStrokes: (change: (before: Strokes) => Strokes) => void;
  readonly onDigit: (pixels: Float64Array | null) => void; // null: the paper is empty
}

/** A paper to draw a digit on, what the model sees in it, and the pixels that mattered. */
export function DigitView({ strokes, onStrokes, answer, problem, isWaiting, trainedShare, onDigit }: DigitViewProps) {
  const ink = useMemo(() => inkOf(strokes), [strokes]);
  const pixels = useMemo(() => digitOf(ink), [ink]);
  const [cursor, setCursor] = useState<PenPoint | null>(null);
  const isDown = useRef(false); // whether the pen is within a stroke
  const paper = useRef<HTMLCanvasElement>(null);
  const attribution = useRef<HTMLCanvasElement>(null);
  const isFull = strokes.flat().length >= MAX_PEN_POINTS;
  useEffect(() => onDigit(pixels), [pixels]);
  useEffect(() => {
    const context = paper.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(PAPER, PAPER);
    for (const [k, value] of ink.entries()) image.data.set([0, 0, 0].fill(255 * (1 - value)).concat(255), 4 * k);
    context.putImageData(image, 0, 0);
    if (cursor === null) return;
    context.strokeStyle = '#0072b2';
    context.strokeRect(cursor[0] - 5, cursor[1] - 5, 10, 10);
  }, [ink, cursor]);
  useEffect(() => {
    const context = attribution.current?.getContext('2d');
    if (context) drawAttribution(context, pixels, answer);
  }, [pixels, answer]);

  const stroke = (event: TargetedPointerEvent<HTMLCanvasElement>) => {
    if (event.buttons === 0) return;
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const point = penPointAt((PAPER * (event.clientX - left)) / width, (PAPER * (event.clientY - top)) / height);
    const target = isDown.current ? 'last stroke' : 'new stroke';
    onStrokes((before) => withPenPoint(before, point, target));
    isDown.current = true;
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLCanvasElement>) => {
    const [x, y] = cursor ?? penPointAt(PAPER / 2, PAPER / 2);
    const move = arrowMoves[event.key];
    if (move !== undefined) {
      const to = penPointAt(x + KEY_STEP * move[0], y + KEY_STEP * move[1]);
      setCursor(to);
      if (!event.shiftKey) return event.preventDefault();
      onStrokes((before) => {
        const [fromX, fromY] = before.at(-1)?.at(-1) ?? [];
        const endsAtPen = fromX === x && fromY === y;
        return withPenPoint(endsAtPen ? before : withPenPoint(before, [x, y], 'new stroke'), to, 'last stroke');
      });
    } else if (event.key === ' ') {
      setCursor([x, y]);
      onStrokes((before) => withPenPoint(before, [x, y], 'new stroke'));
    } else return;
    event.preventDefault();
  };
  return (
    <section id="digits" aria-label="Digits">
      <p class="lead">
        Draw a digit from 0 to 9. With keys: the arrows move the pen, the space bar makes a dot, Shift and an arrow a
        line.
      </p>
      <div class="pads">
        <figure>
          <canvas
            id="paper"
            ref={paper}
            width={PAPER}
            height={PAPER}
            tabIndex={0}
            role="img"
            aria-label="Paper to draw a digit on"
            onPointerDown={(event) => {
              isDown.current = false;
              stroke(event);
            }}
            onPointerMove={stroke}
            onKeyDown={onKeyDown}
            onBlur={() => setCursor(null)}
          />
          <figcaption>
            Your digit{' '}
            <button type="button" name="clear" onClick={() => onStrokes(() => [])}>
              Clear
            </button>
          </figcaption>
          <p role="status" class={problem === null ? 'lead' : 'problem'}>
            {problem ??
              (isWaiting ? waitingSentence(trainedShare) : sentenceOf(answer)) +
                (isFull ? ' The paper takes no more lines: Clear empties it.' : '')}
          </p>
          {isWaiting && problem === null && (
            <p class="training">
              <progress
                max="1"
                {...(trainedShare === null ? {} : { value: trainedShare })}
                aria-label="Training of the model"
              />
              <span class="number">{trainedShare === null ? '' : `${Math.floor(100 * trainedShare)} %`}</span>
            </p>
          )}
        </figure>
        <figure>
          <canvas
            id="attribution"
            ref={attribution}
            width={SIDE}
            height={SIDE}
            role="img"
            aria-label="Pixels that mattered"
          />
          <figcaption>
            As the model has it, centred. Orange pixels speak for its answer, blue ones against (gradient times pixel).
          </figcaption>
        </figure>
        <Probabilities answer={answer} />
      </div>
    </section>
  );
}

const waitingSentence = (trainedShare: number | null): string =>
  trainedShare === null
    ? 'The model is on its way.'
    : 'The model trains on 60,000 digits of MNIST, and then reads yours. The next time it is there at once.';

const sentenceOf = (answer: DigitAnswer | null): string => {
  if (answer === null) return 'The model has seen 60,000 digits of MNIST, and none of yours.';
  const highest = Math.max(...answer.probabilities);
  const label = answer.labels[answer.probabilities.indexOf(highest)];
  return `The model sees a ${label}, with ${(100 * highest).toFixed(1)} %.`;
};

function Probabilities({ answer }: { readonly answer: DigitAnswer | null }) {
  const labels = answer?.labels ?? Array.from({ length: 10 }, (_, c) => String(c));
  return (
    <ol class="bars" aria-label="Probability of each digit">
      {labels.map((label, c) => {
        const probability = answer?.probabilities[c] ?? 0;
        return (
          <li key={label}>
            <span>{label}</span>
            <meter min="0" max="1" value={probability} aria-label={`Probability of ${label}`} />
            <span class="number">{(100 * probability).toFixed(1)} %</span>
          </li>
        );
      })}
    </ol>
  );
}

/** The digit in grey, and its attribution in colours. */
function drawAttribution(
  context: CanvasRenderingContext2D,
  pixels: Float64Array | null,
  answer: DigitAnswer | null,
): void {
  const image = context.createImageData(SIDE, SIDE);
  const largest = Math.max(1e-12, ...(answer?.attribution ?? []).map(Math.abs));
  for (let p = 0; p < SIDE * SIDE; p++) {
    const grey = 255 * (1 - 0.5 * (pixels?.[p] ?? 0));
    const attribution = pixels === null ? 0 : (answer?.attribution[p] ?? 0) / largest;
    const strength = Math.abs(attribution);
    const colour = attribution > 0 ? [230, 120, 0] : [0, 114, 178];
    for (let k = 0; k < 3; k++) image.data[4 * p + k] = (1 - strength) * grey + strength * colour[k];
    image.data[4 * p + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
