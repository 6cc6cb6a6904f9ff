import { buildNetwork } from '@gradloom/core';
import { whole } from '../../../terminal/text/format.ts';
import { table } from '../../../terminal/text/table.ts';
import { CHAPTER } from '../finding.ts';
import { xorSpec } from '../xor-run.ts';

export const XOR_PARAMETERS = buildNetwork(xorSpec).parameterCount;

/**
 * Of the smallest GPT-2: V words and C places of width d, L blocks of attention and two dense layers with layer-norms,
 * d² 12 weights and 13 d biases and gains each, and a last layer-norm; the embedding is used once more for the output.
 * [openai/gpt-2](https://github.com/openai/gpt-2/blob/master/src/model.py)
 */
export const GPT2_PARAMETERS = gpt2(50257, 1024, 768, 12);

/**
 * As published; 17 billion of them work on one token. [Meta
 * 2025](https://ai.meta.com/blog/llama-4-multimodal-intelligence/)
 */
export const MAVERICK_PARAMETERS = 400e9;

/**
 * Four networks and what they are made of. GPT-2's paper names no optimizer, its forerunner Adam ([Radford et al.
 * 2018](https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf), §4.1); Meta has
 * named none for LLaMA 4, but AdamW for LLaMA 3 ([Grattafiori et al. 2024](https://arxiv.org/abs/2407.21783), §3.4).
 */
export function scaleTable(parameters: number): string[] {
  return [
    ...table(
      ['', 'XOR', 'this one', 'GPT-2', 'LLaMA 4 Maverick'],
      [
        ['parameters', whole(XOR_PARAMETERS), whole(parameters), large(GPT2_PARAMETERS), large(MAVERICK_PARAMETERS)],
        ['times XOR', '1 x', timesXor(parameters), timesXor(GPT2_PARAMETERS), timesXor(MAVERICK_PARAMETERS)],
        ['layers', '2 dense', '5 with weights', '12 blocks', '48 blocks, 128 experts'],
        ['activation', 'sigmoid', 'gelu, swiglu', 'gelu', 'swiglu'],
        ['optimizer', 'sgd', 'adamw', 'adam (1)', 'adamw (2)'],
        ['loss', 'mse', 'cross-entropy', 'cross-entropy', 'cross-entropy'],
      ],
    ),
    '  (1) as its predecessor GPT; the paper of GPT-2 names none',
    '  (2) as LLaMA 3; Meta has named none for LLaMA 4',
    '',
    `  The chapter, ${CHAPTER}, says the`,
    '  largest is 10 billion times as large as XOR. But 400 billion parameters',
    '  divided by 9 is 44 billion.',
  ];
}

function gpt2(V: number, C: number, d: number, L: number): number {
  return V * d + C * d + L * (12 * d * d + 13 * d) + 2 * d;
}

const timesXor = (parameters: number): string => `${large(parameters / XOR_PARAMETERS)} x`;

/** 53,707, 124 million, 400 billion. */
function large(count: number): string {
  if (count >= 1e9) return `${whole(count / 1e9)} billion`;
  return count >= 1e6 ? `${whole(count / 1e6)} million` : whole(count);
}
