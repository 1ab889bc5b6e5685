/** Whether the long tests run as well: `npm run test:full`, and the comparisons alone by `npm run test:parity`. */
export const fullRun = process.env.SAM_FINETUNE_PARITY === 'full';
