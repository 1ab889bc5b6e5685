/** Names that a column of labels goes by, in lists as in tables, the likeliest first. */
export const LABEL_COLUMNS = [
  'label',
  'labels',
  'fine_label',
  'class',
  'category',
  'target',
  'label_name',
  'class_name',
  'cls',
  'label_id',
  'y',
] as const;
