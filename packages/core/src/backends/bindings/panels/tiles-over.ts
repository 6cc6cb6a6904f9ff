/** Number of tiles of up to `most` rows that M rows are cut into. */
export const tilesOver = (M: number, most: number): number => Math.floor((M + most - 1) / most);

/** Rows of the first of `tiles` tiles of M rows. Tiles are as even as possible, the higher ones first. */
export const heightOf = (M: number, tiles: number): number => Math.floor((M + tiles - 1) / tiles);

/** Number of these tiles that are as high as the first. */
export const countOf = (M: number, tiles: number): number => M % tiles || tiles;
