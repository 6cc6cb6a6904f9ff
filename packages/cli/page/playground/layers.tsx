import { useEffect, useRef } from 'preact/hooks';
import { drawOutputs } from './colours.ts';
import { type Frame, type HiddenLayer, type LayerGradient, MAX_UNITS, UNIT_MAP } from './messages.ts';

/** The layers from the points to the answer: what each unit sees, and the gradient of each layer's weights. */
export function Layers({ frame, activation }: { readonly frame: Frame; readonly activation: string }) {
  const { hidden, output } = frame;
  const rows = [...hidden, output];
  return (
    <section id="layers" aria-label="Layers">
      <h2>What the layers see, and their gradients</h2>
      <p class="lead">{sentenceOf(rows.map(({ gradient }) => gradient))}</p>
      <ol>
        {hidden.map((layer, k) => (
          <li key={k}>
            <span class="name">
              {k + 1}. {activation}
            </span>
            <span class="units">
              <UnitMaps layer={layer} />
              {layer.units > MAX_UNITS && <small>and {layer.units - MAX_UNITS} more</small>}
            </span>
            <GradientBar layer={layer} />
          </li>
        ))}
        <li>
          <span class="name">output</span>
          <span class="units" />
          <GradientBar layer={output} />
        </li>
      </ol>
    </section>
  );
}

/** Room between two maps. */
const GAP = 2;

function UnitMaps({ layer: { maps, units } }: { readonly layer: HiddenLayer }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const unitCount = Math.min(units, MAX_UNITS);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    const pixels = UNIT_MAP * UNIT_MAP;
    for (let unit = 0; context && unit < unitCount; unit++) {
      drawOutputs(context, maps.slice(unit * pixels, (unit + 1) * pixels), UNIT_MAP, unit * (UNIT_MAP + GAP));
    }
  }, [maps, unitCount]);
  const width = unitCount * (UNIT_MAP + GAP) - GAP;
  const style = { width: `${1.2 * width}px` };
  return (
    <canvas
      ref={canvas}
      width={width}
      height={UNIT_MAP}
      style={style}
      role="img"
      aria-label={`What ${units} units see`}
    />
  );
}

/** Gradients from the least to the greatest that bars tell apart, as powers of ten. */
const MIN_POWER = -12;
const MAX_POWER = 0;

function GradientBar({ layer: { gradient, moved } }: { readonly layer: LayerGradient }) {
  const power = gradient === null || gradient === 0 ? MIN_POWER : Math.log10(gradient);
  const share = Math.min(1, Math.max(0, (power - MIN_POWER) / (MAX_POWER - MIN_POWER)));
  return (
    <span class="gradient">
      <meter min="0" max="1" value={share} aria-label="Gradient, on a logarithmic scale" />
      <span>
        gradient {shortNumber(gradient)}
        <br />
        moved {shortNumber(moved)}
      </span>
    </span>
  );
}

/** Two digits, and a power of ten for small numbers; '-' if there is none. */
export function shortNumber(value: number | null): string {
  if (value === null) return '-';
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(2)));
}

/** A gradient vanishes if its ratio to that of the output is below this, and explodes above the reciprocal. */
const FAR_RATIO = 1e-3;

function sentenceOf(gradients: readonly (number | null)[]): string {
  const [first, last] = [gradients[0], gradients[gradients.length - 1]];
  const scale =
    'Each bar is the size of the gradient of a layer, from 10⁻¹² to 1: ten times more is one twelfth longer.';
  if (first !== null && gradients.every((gradient) => gradient === 0)) {
    return 'All gradients are 0: every unit is off, and nothing moves any more. A smaller learning rate helps.';
  }
  if (first === null || last === null || gradients.length < 2 || last === 0) return scale;
  const ratio = first / last;
  if (ratio < FAR_RATIO) {
    return `The gradient vanishes: that of layer 1 is ${shortNumber(ratio)} times that of the output, so its weights stand still.`;
  }
  if (ratio > 1 / FAR_RATIO)
    return `The gradient explodes: that of layer 1 is ${shortNumber(ratio)} times that of the output.`;
  return `The gradient reaches all layers: that of layer 1 is ${shortNumber(ratio)} times that of the output.`;
}
