/** Why an image is taken for what it is: heat maps of what speaks for a class. */
export { Explainer, type ExplainOptions } from './explainer.js';
export { addGradCam, type GradCamNodes } from './grad-cam.js';
