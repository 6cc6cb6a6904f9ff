import type { Architecture } from './architecture.ts';
import { bert } from './bert.ts';
import { gpt2 } from './gpt2.ts';
import { llama, mistral, qwen2 } from './llama.ts';

/** Families of networks by the `model_type` of their config.json. */
export const architectures: Readonly<Record<string, Architecture>> = { bert, gpt2, llama, mistral, qwen2 };
