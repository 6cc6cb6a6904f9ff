/** Contents of tokenizer.json and tokenizer_config.json, as the library of Hugging Face writes them. */
export interface TokenizerFiles {
  readonly tokenizer: Record<string, unknown>;
  readonly config: Record<string, unknown>;
}

const special = (id: number, content: string) => ({
  id,
  content,
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

/** The character that GPT-2 writes for each byte: itself if it can be seen, else one from U+0100 on. */
const byteCharacters = (): string[] => {
  const isSeen = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let hidden = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isSeen(byte) ? byte : hidden++));
};

/** Byte pairs like those of GPT-2: all bytes, a few pairs, and a token that ends a text. */
export function bytePairFiles(): TokenizerFiles {
  const merges = ['t h', 'th e', 'Ġ the', 'a n', 'an d', 'Ġ and', 'Ġ s', 'e r', 'i n'];
  const pieces = [...byteCharacters(), ...merges.map((pair) => pair.replace(' ', ''))];
  const vocab = Object.fromEntries([...pieces, '<|endoftext|>'].map((piece, id) => [piece, id]));
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: [special(pieces.length, '<|endoftext|>')],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: 'BPE', unk_token: null, byte_fallback: false, vocab, merges },
    },
    config: { tokenizer_class: 'GPT2Tokenizer', eos_token: '<|endoftext|>', clean_up_tokenization_spaces: false },
  };
}

/** Pieces like those of Llama 2: ▁ for spaces, bytes for other characters, and a token before each text. */
export function piecesFiles(): TokenizerFiles {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
  const merges = ['▁ t', 'h e', '▁t he', 'a n', 'an d', '▁ and'];
  const letters = ['▁', ...'abcdefghijklmnopqrstuvwxyz.'];
  const pieces = ['<unk>', '<s>', '</s>', ...bytes, ...letters, ...merges.map((pair) => pair.replace(' ', ''))];
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => special(id, content)),
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
        special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
      },
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
          { type: 'Strip', content: ' ', start: 1, stop: 0 },
        ],
      },
      model: { type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab, merges },
    },
    config: { tokenizer_class: 'LlamaTokenizer', bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
  };
}

/** Pieces of words like those of BERT, in lower case, between [CLS] and [SEP]. */
export function wordPieceFiles(): TokenizerFiles {
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const words = ['the', 'cat', 'dog', 'sat', 'on', 'mat', '##s', '##ting', '.', ',', 'a', '##a', 'good', 'bad'];
  const vocab = Object.fromEntries([...specials, ...words].map((piece, id) => [piece, id]));
  const framed = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: specials.map((content, id) => special(id, content)),
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [framed('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, framed('[SEP]')],
        pair: [framed('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, framed('[SEP]')],
        special_tokens: {
          '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
          '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
        },
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab,
      },
    },
    config: { tokenizer_class: 'BertTokenizer', do_lower_case: true, unk_token: '[UNK]', sep_token: '[SEP]' },
  };
}
