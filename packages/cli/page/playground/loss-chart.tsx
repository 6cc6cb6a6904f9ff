import { useEffect, useRef } from 'preact/hooks';
import { shortNumber } from './layers.tsx';

type Pairs = readonly (readonly [step: number, loss: number])[];

/** Losses of a run by step; of the test rows, those of some steps. */
export interface Losses {
  readonly training: Pairs;
  readonly test: Pairs;
}

/** Size of the canvas in its own pixels, two for each of the page, and the room for numbers at its axes. */
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [880, 360, 90, 44];

/** Two lines from 0 up. uPlot, which draws the live page, would be half of this page. */
export function LossChart({ losses, scheme }: { readonly losses: Losses; readonly scheme: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context) drawLosses(context, losses);
  }, [losses, scheme]);
  const [training = null, test] = [losses.training, losses.test].map((pairs) => pairs.at(-1)?.[1]);
  return (
    <section id="loss">
      <h2>Loss</h2>
      <canvas ref={canvas} width={WIDTH} height={HEIGHT} role="img" aria-label="Loss by step" />
      <p class="values">
        <span>
          <i class="swatch c1" /> training <b>{shortNumber(training)}</b>
        </span>
        {test !== undefined && (
          <span>
            <i class="swatch c2 dashed" /> test <b>{shortNumber(test)}</b>
          </span>
        )}
      </p>
    </section>
  );
}

function drawLosses(context: CanvasRenderingContext2D, { training, test }: Losses): void {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const [trainingPoints, testPoints] = [training, test].map((pairs) =>
    pairs.filter(([, loss]) => Number.isFinite(loss)),
  );
  const greatest = (k: 0 | 1): number =>
    [...trainingPoints, ...testPoints].reduce((max, pair) => Math.max(max, pair[k]), 0) || 1;
  const [maxStep, maxLoss] = [greatest(0), greatest(1)];
  const x = (step: number) => LEFT + ((WIDTH - LEFT - 8) * step) / maxStep;
  const y = (loss: number) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - 12) * loss) / maxLoss;
  const line = (points: Pairs, stroke: string, width: number, dash: readonly number[] = []) => {
    context.strokeStyle = color(stroke);
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.beginPath();
    for (const [step, loss] of points) context.lineTo(x(step), y(loss));
    context.stroke();
  };
  context.clearRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = color('--soft');
  context.font = '22px system-ui, sans-serif';
  for (const loss of ticks(maxLoss)) {
    const ends: Pairs = [
      [0, loss],
      [maxStep, loss],
    ];
    line(ends, '--rule', 1);
    context.textAlign = 'right';
    context.fillText(shortNumber(loss), LEFT - 10, y(loss) + 8);
  }
  for (const step of ticks(maxStep)) {
    const ends: Pairs = [
      [step, 0],
      [step, maxLoss],
    ];
    line(ends, '--rule', 1);
    context.textAlign = step === 0 ? 'left' : 'right';
    context.fillText(step.toLocaleString('en'), x(step), HEIGHT - 12);
  }
  line(trainingPoints, '--c1', 3);
  line(testPoints, '--c2', 3, [12, 6]);
}

/** Three to six round numbers from 0 to `end`. */
function ticks(end: number): number[] {
  const power = 10 ** Math.floor(Math.log10(end));
  const stride = [0.2, 0.5, 1, 2].map((part) => part * power).find((part) => end / part <= 5) ?? power;
  return Array.from({ length: Math.floor(end / stride) + 1 }, (_, k) => k * stride);
}
