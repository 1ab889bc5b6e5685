/** Why an image is taken for what it is: heat maps of what speaks for a class. */
export { addGradCam, type GradCamNodes } from './grad-cam.js';
export { type ExplainOptions, ExplanationFolder, explainedClass } from './write.js';
