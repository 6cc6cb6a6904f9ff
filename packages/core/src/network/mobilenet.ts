import { defineOptions, fraction, type Named, type OptionsOf, positive } from '../checks/options/index.ts';
import { dense, dropout, globalAvgPool, residual } from './builders.ts';
import { checkImage, convWithNorm } from './image-network.ts';
import type { LayerSpec } from './layers/index.ts';
import type { NetworkSpec } from './network.ts';
import { clip } from './operation-builders.ts';
import type { Shape } from './shape.ts';

const mobilenetOptions = defineOptions('mobilenet', {
  /** Factor on the channels, such as 0.35, 0.5, 1 or 1.4; they are then rounded to multiples of 8. @default 1 */
  width: positive(1),
  /** Rate of dropout before the outputs. @default 0.2, as in torchvision */
  dropout: fraction(0.2),
});

/** Options of `mobilenet`. */
export interface MobilenetOptions extends OptionsOf<typeof mobilenetOptions.table>, Named {}

/** [factor on the channels inside, output channels, blocks, stride of the first], table 2 of the paper. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/**
 * MobileNetV2: 17 inverted residuals, each a convolution of 1x1 to more channels, one of 3x3 within each channel, and
 * one of 1x1 back to few, with batch-norms, and relu6 after the first two. Layers, padding and rounding of channels are
 * those of torchvision's `mobilenet_v2`; weights begin he-normal, those of the outputs glorot-uniform. Images of any
 * size, which is halved five times. [Sandler et al. 2018](https://arxiv.org/abs/1801.04381)
 * @throws OptionError for other inputs
 */
export function mobilenet(input: Shape, outputs: number, options: MobilenetOptions = {}): NetworkSpec {
  const { width, dropout: rate } = mobilenetOptions.read(options);
  checkImage('mobilenet', input, outputs);
  let channels = toMultipleOf8(32 * width);
  const layers: LayerSpec[] = [...convWithNorm(channels, 3, 2), relu6()];
  for (const [factor, stageChannels, blocks, firstStride] of STAGES) {
    const out = toMultipleOf8(stageChannels * width);
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 ? firstStride : 1;
      const inner = invertedBlock(channels, factor, out, stride);
      layers.push(...(stride === 1 && channels === out ? [residual(inner)] : inner));
      channels = out;
    }
  }
  const last = toMultipleOf8(1280 * Math.max(1, width));
  layers.push(...convWithNorm(last, 1), relu6(), globalAvgPool(), ...(rate === 0 ? [] : [dropout(rate)]));
  return { input: [...input], layers: [...layers, dense(outputs)] };
}

/** min(max(0, x), 6). */
const relu6 = (): LayerSpec => clip({ min: 0, max: 6 });

function invertedBlock(channels: number, factor: number, out: number, stride: number): LayerSpec[] {
  const inner = channels * factor;
  return [
    ...(factor === 1 ? [] : [...convWithNorm(inner, 1), relu6()]),
    ...convWithNorm(inner, 3, stride, inner),
    relu6(),
    ...convWithNorm(out, 1),
  ];
}

/** The nearest multiple of 8 that is at least 0.9 of `channels`; 8 at least. */
function toMultipleOf8(channels: number): number {
  const nearestMultiple = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearestMultiple < 0.9 * channels ? nearestMultiple + 8 : nearestMultiple;
}
