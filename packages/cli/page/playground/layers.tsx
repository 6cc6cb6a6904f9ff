import { useEffect, useRef } from 'preact/hooks';
import { drawOutputs } from './colours.ts';
import { type Frame, type LayerGradient, UNIT_MAP } from './messages.ts';

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
          // biome-ignore lint/suspicious/noArrayIndexKey: a layer is its place.
          <li key={k}>
            <span class="name">
              {k + 1}. {activation}
            </span>
            <span class="units">
              {Array.from({ length: layer.maps.length / (UNIT_MAP * UNIT_MAP) }, (_, unit) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a unit is its place.
                <UnitMap key={unit} maps={layer.maps} unit={unit} />
              ))}
              {layer.units * UNIT_MAP * UNIT_MAP > layer.maps.length && (
                <small>and {layer.units - layer.maps.length / (UNIT_MAP * UNIT_MAP)} more</small>
              )}
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

function UnitMap({ maps, unit }: { readonly maps: Float32Array; readonly unit: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    const from = unit * UNIT_MAP * UNIT_MAP;
    if (context) drawOutputs(context, maps.slice(from, from + UNIT_MAP * UNIT_MAP), UNIT_MAP);
  }, [maps, unit]);
  return <canvas ref={canvas} width={UNIT_MAP} height={UNIT_MAP} aria-hidden="true" />;
}

/** Gradients from the least to the greatest that bars tell apart, as powers of ten. */
const LEAST = -12;
const MOST = 0;

function GradientBar({ layer: { gradient, moved } }: { readonly layer: LayerGradient }) {
  const power = gradient === null || gradient === 0 ? LEAST : Math.log10(gradient);
  const share = Math.min(1, Math.max(0, (power - LEAST) / (MOST - LEAST)));
  return (
    <span class="gradient">
      <meter min="0" max="1" value={share} aria-label="Gradient, on a logarithmic scale" />
      <span>
        gradient {short(gradient)}, moved {short(moved)}
      </span>
    </span>
  );
}

export const short = (value: number | null): string =>
  value === null
    ? '-'
    : value === 0
      ? '0'
      : Math.abs(value) < 1e-3
        ? value.toExponential(0)
        : String(Number(value.toPrecision(2)));

/** Gradients this much smaller than those of the output are said to vanish, or to explode. */
const FAR = 1e-3;

function sentenceOf(gradients: readonly (number | null)[]): string {
  const [first, last] = [gradients[0], gradients[gradients.length - 1]];
  const scale =
    'Each bar is the size of the gradient of a layer, from 10⁻¹² to 1: ten times more is one twelfth longer.';
  if (first === null || last === null || gradients.length < 2 || last === 0) return scale;
  const ratio = first / last;
  if (ratio < FAR) {
    return `The gradient vanishes: that of layer 1 is ${short(ratio)} times that of the output, so its weights stand still.`;
  }
  if (ratio > 1 / FAR) return `The gradient explodes: that of layer 1 is ${short(ratio)} times that of the output.`;
  return `The gradient reaches all layers: that of layer 1 is ${short(ratio)} times that of the output.`;
}
