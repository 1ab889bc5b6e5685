import { inflateSync } from 'node:zlib';

/**
 * Checkpoints that flax 0.12.8 wrote (zlib-compressed, base64), by this Python program:
 *
 *   params = {'Stem_0': {
 *       'conv2d': {'kernel': np.arange(12, dtype=np.float32).reshape(1, 2, 3, 2) / 4},
 *       'batch_normalization': {'scale': np.array([1.5, 2], np.float16), 'bias': jnp.array([0.5, -3], jnp.bfloat16)}}}
 *   state = {'/Stem_0/batch_normalization': {
 *       'mean': np.array([1 / 3, -2e300]), 'var': np.array([7, -1], np.int32)}}
 *   flax.serialization.to_bytes(({'params': params}, state))  # published
 *   flax.serialization.to_bytes({  # training
 *       'optimizer': {'target': {'params': params}, 'state': {'step': np.int32(3),
 *           'param_states': {'Stem_0': {'momentum': np.zeros(400, np.complex64)}}}},
 *       'model_state': state, 'epoch': 300})
 *   flax.serialization.to_bytes({  # linen
 *       'params': params['Stem_0'], 'step': -70000, 'note': 'x' * 40, 'flags': [True, None, 0.5], 'scalar': 2 ** 40})
 */
const PACKED = {
  published:
    'eNprWmjQuKwgsSgxt7hxWXBJam68QdOy5Py8MqOUxmXZqUV5qTnHHRgnT2FkYmZanpaTn1hibHTEgAEMGuyAhD0DgwMQNwDxAiA+' +
    'AMQPgJjBgYFBAIgVgNjAYXNSYklyRnxeflFuYk5mVWJJZn5e09Li5MSc1OOCjJMnQo02NDvCwmDH4LAkKTOx+LgQSGJFEkLG3uHA' +
    'QsPG3foQZ+pjM3NJbmpi3nFZhJFmJkcEQsHgqv2cUoYOmyfu/xaXJRYdFwapWZqZB/IPBzvQwf+BAACfxF+9',
  training:
    'eNrt1z9PwkAYBvArJdGBGNTZxA9gAiLpZKCbH8A4k2t5lcbeXdMexDC1dXFE68hgIq0Q3RxdGGrqwuju4OdQj0JkcXa6X/Lc8l7u' +
    'z/hcTpjDLWL1wQ0Tjt0z4EHiYBcTL0iOOZBWNUxMRnu1dpCcg0vBznQlulUKauHh1GaYH9TSKsr5DbE0EdJFfJE7kanIhwjSESqL' +
    '7IpU9WcDc7PToswl2Lb6mFuMhrFnYhuyTSW6Xh69r6VF1ED6yLCwl23NB2NjNWnq09jjmEM48jg42YYaDWKLzl9UVMWVT/k/WvmW' +
    '398EY8IIUN4lb6UbceJMGUxMRhwbLrT6a8lHkiRJkiRJkiRJ/+SRsDbYi9ISvFQWpaXyV18aEcA021nVJa2elk9y781hF10dfh59' +
    '3fewm23P9yyb0fqauORbiMFhZmem7P0AGJOQ4g==',
  linen:
    'eNprXVaQWJSYW9y0LDk/r8wopXFZdmpRXmrOcQfGyVMYmZiZlqfl5CeWGBsdMWAAgwY7IGHPwOAAxA1AvACIDwDxAyBmcGBgEABi' +
    'BSA2cNiclFiSnBGfl1+Um5iTWZVYkpmf17S0ODkxJ/W4IOPkiVCjDc2OsDDYMTgsScpMLD4uBJJYkYSQsXc4sKS4JLXg0v9/7yYs' +
    'ycsvSb2pUUEkWJqWk5he3LzQ4PBCwwMLjU7bP4D4YRnIEYlF5xkYGMF8ADp8XYE=',
};

/** A checkpoint by the name above. */
export function fixture(name: keyof typeof PACKED): Uint8Array {
  return new Uint8Array(inflateSync(Buffer.from(PACKED[name], 'base64')));
}
