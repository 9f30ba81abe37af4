/** Of this size and content are the objects that stand for deleted ones. */
export const tombstone = Buffer.from('This object was deleted by Super Data; it lists as nothing.\n')

export const tombstoneBytes = tombstone.byteLength
