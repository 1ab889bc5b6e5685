import { inflateSync } from 'node:zlib';

/**
 * Files that torch 2.15.0 and safetensors wrote (zlib-compressed, base64), by this Python program:
 *
 *   base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4 - 1
 *   state = collections.OrderedDict([
 *       ('float32', base),
 *       ('rows', base[1:]),           # a view with an offset
 *       ('column', base[:, 1]),       # a view with a stride
 *       ('transposed', base.t()),     # the same storage in another order
 *       ('float64', torch.tensor([1 / 3, -2e300], dtype=torch.float64)),
 *       ('float16', torch.tensor([1.5, -65504, 2 ** -24], dtype=torch.float16)),
 *       ('bfloat16', torch.tensor([1.5, -3e38], dtype=torch.bfloat16)),
 *       ('int32', torch.tensor([-7, 2 ** 31 - 1], dtype=torch.int32)),
 *       ('int64', torch.tensor(2 ** 40 + 1)),
 *       ('uint8', torch.tensor([0, 255], dtype=torch.uint8)),
 *       ('bool', torch.tensor([True, False])),
 *       ('empty', torch.zeros(0, 3)),
 *       ('channels_last', torch.arange(8, dtype=torch.float32).reshape(1, 2, 2, 2)
 *           .contiguous(memory_format=torch.channels_last)),
 *       ('parameter', torch.nn.Parameter(torch.tensor([0.5]))),
 *   ])
 *   torch.save(state, 'zip'); torch.save(state, 'zipProtocol4', pickle_protocol=4)
 *   torch.save(state, 'legacy', _use_new_zipfile_serialization=False)
 *   model = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False)))
 *   torch.nn.init.constant_(model.module[0].weight, 0.25)
 *   torch.save({'epoch': 3, 'arch': 'x', 'best': 0.5, 'state_dict': model.state_dict(),
 *       'optimizer': {'state': {}, 'param_groups': [{'lr': 0.1}]}}, 'checkpoint')
 *   torch.save(torch.nn.Linear(1, 1), 'module')
 *   safetensors.torch.save_file({k: v.contiguous().clone() for k, v in state.items()}, 'safetensors',
 *       metadata={'format': 'pt'})
 */
const PACKED = {
  zip:
    'eNqll0tsG0UYgMePOO4moU9CW6BNH1AH2tRvO7SNw7ZsH1tosjTFlIK7tjex6cbrfz1uaTkQCaWUAxc4FAFCXJA4cUMgIZUIiTtF' +
    'wAF6qEQ5oB6QEBJFCMrMzmY9u4njttlo7GSz3/f/O/vPP/aYHAgiFA6jBUcv6kcXqvXdZRWrQ/UzuiSuQScXHDP+UsnQda2Eq0at' +
    'IRwzy5qplQ9US1gANKiAL5LvJrJJ3VBxIg7+EjbMUmWo0MRVvSEUTK3YrOrlAtZqDcMsnI0LEIgwpEGuVKc0CDJEkKjiWXZSgK68' +
    'j1wThVA+QN5L9SZ0y70YwuMykgNy8CKskIOy7yIIb1ZoGj0YehXoy5N7RaZxrgH3VUicSrDSVQlVLHLlOAH8lFzFyNWMXINhrQLr' +
    '8iEaxtCb0zW438v2j8s+OTALD8jBWVjPuA0YNirwYF4gHDbVWqNuNLQyPORlH6YZB+XARdhEJCT8ZsYPYNiiwNbW7KWTsI3B9oQc' +
    'MJpFXXNmZLs1IzF4hHj9GB6lXv8s7JB9sxBhzkEMjynweMsZS8NOl/OQqk86xl2WMQ5DxBjAsNua21mIUmOMGeMYEgok87R+ivPK' +
    'lEspSuy0o01b2gRkWKJZO9Fhqn2Cafdg2KvAvnwXubBao4Uz4nIerrUqIWfpkjDKdE/aOpHq9jPdAQxPKSDN68hMHnTpjhq1Kcd3' +
    'yPKl4DDx+TAcIb7BQeaRMRxV4GnL0ySiLDzjvtXzuPU8jlmeNIyxvMbtvBSa17PMdxzDhAInrKosGoYOz7l15JSjy1u6DDzPdCdt' +
    '3QtUd4rpXsTwkgIFKz1tuo7Pw+n5arPgLKgERhiKFEa05kpksZBaLzOBhmFSgal8H631ilqraXqjoKsNDBWXaBiqRBTG8DIRRUjZ' +
    '+ukPhjMROUyLmP6uM+U0hpoCRn4FweqqqU5rWDOh3qYNOFcIAE5EPy3rKJjseTRo7uSeMX1psiBnMZxT4JVL1h/n34ALCrzaHBqT' +
    'u8PrSke/fZ9MLx1jbVvdWrTdanVDk4Y5reLCWc1skHYmiQOLdDz3EaNRPv/92ut0XuhoH6Uf7WFR7M5WUPXqVG1aq2FJzHQM1OZI' +
    'J2kCuXPwG50m/5IJ9KH9VgJFUqYGbdSSmLvXuPOHXsVY12gOs/t+2UCbZGjJHAQkOrvK7qgkjiwzAYRmvkJolAxExswVFmVmhLzk' +
    'yHkyZsj4iIw5Mq7naKY/yadvRenu0SHT9a1MY5K4btFMJ6zjh9wHTXRp742D/1H/x5/e7F5FDKs6+LMtf1wSk/c0E2jk9j8+RKN+' +
    '03vq6l3Of2L58z+XK96m0Tc3//LTNhbsED3Yip6URIT+vm0dr1HHlxPvCBQKd3CMthwpSdy7rDugS5auWxp/7rMjn9xl/PRy4yNr' +
    '9sx/f9Y7r1+BPFsnckYS/YjmT/kr277Ou3nUic8y/g7rf7hd/dvrbdReZ+SdTA+aI2OUjOujNLvLX/z56wD5x8CSd9eDdnDrjbSG' +
    'beiO1j+y1vSWP7Ze7lx/PXYHdBr8svtfQqDRr344NdH5+W1EabYBWLfY0Mwq2QEuqPSTc6FalsT4PSQTywyns8l4KpuNJ9PRRCo5' +
    'nIhHo8OpbCyaTcaS6Uw2kYlnUwma5Xth/FaE5BGxsvTRZJ08+Y2yd0Hm/PcAL8lvfmtd1M0gWmxb9Qr4zavfJRjvQm12TK+D33z6' +
    'XI7vbIez6XlRfjcQXOiJEOL2Ki/Hd3k3h7o5Lubl+D7t5k7zXNzL8R3Wzf3Icwkvx3dVN3c8zHFJL8d3Qzf3Ls+lvBzfy9zc+hUc' +
    'l/ZyfA9zc2/zXGaeW7zDuR49z2W98fiuJCzQtDqfl+M7TY8Lq/NcbEHB8E3CDX5vg20WCL9uN7pApQct0VHG5FBop33lpsAuh1rt' +
    'eb8RYO+37KwIR78homsr2d/sY21XiDGrrevZtf8DzdCPgg==',
  zipProtocol4:
    'eNqll1+IG0Ucxyf/c8kdvd5dD5XSq55ITu1dstn8q7Y5lrJaVzCeHEgR4ibZuwQ3u3GzaWlBeiBXK+RFb7U+iPSl4JMPBVEQ6in4' +
    '5ktBX9SHgvogPggiWCn1/M1ucpnZzCV3cY653Wzm+/n+dnbm99sUJJ8foXAY9bUjaAJdqjUKhm7qZV3llyqyKS82XlNFYQyd67YN' +
    '/3tf+RxBOwrDVKVs1nStabWjLxgVxVAqZ2pl09qyFlasWDu0puqymeSs9ripG+XqYrFl1lQYPFU0lFKrplaKpqI1daN4ngNNDBRN' +
    'GCivK1Y7YCtAKWLGS53LW1bbE7favnKjZUnjpvWihCSf5L9iSX7Jc8V6u+oFY9Nasdp+Q7/QtKqhWKwarkar49UJZ7xf8jLHB+Fu' +
    'WnWNofBIvk0Yv0mOjpiGrDUbelOpMBQI6D7w8GAnQuXMR5rvSsbaE2f0VklVyNtLWIDxOhgvGHs2+xGJdA8RfVZW10gAhwG+ztz0' +
    'AcKlPsIhQXQukZTkwDACNQ0/111E5KxGPSN+qJqchejzurZOylNY7rHlCwuksAXKLCEULprU5KUH+vpLuq6SavhIqjODo1bqDfPi' +
    '7uNue7J4OHKGI/uB+1yLaqJclTVNUZtFVW6ahDSHpWFbGoNl4sV/phWTwnjN4FMCMtaQDbmumIphVQPE1uld3uqRvYl4b+7wDdA3' +
    'cdU+ewvOWosFKRR+9OzM5W9hQ+Ne2DM3HEWP07lhcU036rJZPK8YTdj+ovBYL0UMbAls+tkfP73pASzue5vOIc5l2skNRVmtrWt1' +
    'RTNFYXGfvt2W5nEA+Quv/+YFC+/AAGbRSTqAEiw2HWc5UUgf0Lfb1JppqgqOYfPUzw8GwSU4MIZplOvPyktxUUiNFgBCG18itAwd' +
    'Qd+45bhsnIZ/ebgOfQP6dejb0O/kcaQ/SK/ejcOA+JBIDzEiTYhClIx01W7f5z9soatP//LMv5h/45PfQ5NAmBzCX2LwOVF44iAz' +
    'gU7v3PMg7PrN+Cu3R53/5Mjzv50v7WD3udbfXrBE/iHuTzHceVHIjLj8zv2zY7fLOIYvVrci2DQ8JIYMI4aUKCRHiQFvebzvsf/2' +
    'p899PKp/ekR/ZM++cf9Hdfj+n0anGM4ZUciNOvv4/rH/rfmvX6b90b79s//L/6D7N+fav518sdzJE3BE0LehL0O/s4zv7trnf/16' +
    'HL44PnB2Z9AxVr6A1PYQGpS/kJ2THv7zkWvD98+MO4Pv1qtR83cygt1vf7S+Onz9zKMTrgJm32JTMWpQwS7J+MW5WKuIwsL+g0lk' +
    'cuksz6WyWY5Px5MpPpfk4hkul+I5Pp7j4Bs+l4HPOMqTN2+oMYgjZkfpwcHuxknW/SN9kTN/B7gRZBU/Sr8u+NHA1wU3iSzHcxTp' +
    'nT5S3zuAG0bW1VkKNhVAe9RzN4OseNMU4/0AYtVjN4AsaTRgOcgCJNwAsjrRgOtMAOcGkAWGBsyGWICkG0BWBxpgMQG8G0Cmdxrw' +
    'QJgFSLkBZJamAR8wAWk3gEyzNGBqjAXIdAHsbEy2d5mArDsCMhXSABRhAXJuAJnnZih9gwlI9C1FMlfRhO/chD22J5lH5inCShTt' +
    'J8MVpGDwyY7kmO/Ervyw6/iG3znejTpH0IXwsTXpfHZ+LwSCjuawPd4Z+x9sVRWw',
  legacy:
    'eNp9lNt620QQx3VK4qjpgTPl2FIODocQy7JlQ4lNCWmLWtqoFMShGFnexC6K5JFWKSkEfOMQeIZe9JKnKHkJ7nvBDY/Qr3yEWa0s' +
    'x/3Ubr7ZaNc7v//s7swOpN9V799bK/dOXP/j8vGFgXTxHxn7bRCK9jFBEPphQAM38FqbJIx6gQ8iLrAP4y9ej1KPtIjf6Tk+SLu2' +
    'ipN0q09aUe8miUDeBqVoT+Fk1A1CClOmZMs46vkUpk3FVhgj8NdhxlTiGDVdlPGIS1ElUi+FHRKSznLPpSoI8xaIRXsGPda8wKFl' +
    'DSSXBqHbXWjFtOdFaisk7bjndVqU+FEQtjY1FeQid4lwpbNOQOEu6gpDXOGTKkzZR3BNXa+WjVJZq5UN3dBgOonU7ccY3NynFAqr' +
    'pmDKprIDs6Ziijug/tZlQR2iMGfB4WQvYXAjgiNdVO0q3Vzq0S6nHVtFiMRoj3Ha45z2BIUnLXjKnmbagRdv+PD0o3jPpLxnV03R' +
    'lIdw3FSG8BxnPU/hBQte5JcSOn7UDyLSgZcexXs55Z1gu1VMeQdOIhjDfIUzT1F41YLXxvdQ1eF1DkyPdjmI2x7JzvaNsYpWqtXq' +
    'FQ09iqgioco8U5GG8KYpDuEtrvA2hXcsWBgrlKrw7oTCOcdby/iLB/haxahg06CEfBn5WnJnQygzvs75FQpVCwy7gG7tkUBtQuDM' +
    'Cp/OROoHRQyjYpSNKryXbuL9dBOnmcgHXGSJQsOCZpL6mOyYrB9OKJz3x9l3ZgJeqVWq9Sp8lMKXU/jHDL7C4WcpnLPg/AiO5/nJ' +
    'BPwCVlRGNydvWS8Z1UW4gHQR6ReRPj/PqTi8ZMHlhBojtgark4eyRce3aj0Qc31R0+FKGvNnacxXWcyfc/oXFGwLvkyqpB0EHnw1' +
    'CcepDP71AyGXyyUNvknh11L4twze4vDvKDgWtJPQyUafboGbn+OLdZbjHUQJiCIMJbAcX8PCxhpc57guhZ4F15MXzu06vk+8qOU5' +
    'EYXv87G6XsMr8xBbQOwGYotYNBL7o+AXzQIrIfYdcIE+BbAgtGfZ4+qEzgahJIToIc9ZtkIF+jD9kq5DnF7qJtsWHs4N1v3AFbco' +
    '3LTgx91k8NOvsG3Bz+y9vcbe+JwjEvPeBikvleS8y1Ly4ss9tOm852Emr6YLeWUym5eHal61HiILQtrmRh/C4E9BaKIJaIM76dwS' +
    'dg2cRxug3UbbQ7vbEFMvMe2kbCxmRKFREA62QTOl4H8BbQ+tiXa3OfK+mrS/GrdiYff032f/k0euS/v3xUzj3n7SfhmNhf3R116j' +
    'vf8/ViP0zw==',
  checkpoint:
    'eNqdlM9rE0EUxydJ86Pbau0Pta1ttf6AiJputkmaorUYJBX2YKyIi6DLZjMmSzfZvN3ZVguBQrHgUQ+CHvQfELxZvPsPePcg6MVT' +
    '/wVndkO7u0kj7cBksjPz3vu8N9+ZkhjpQyiRQB1tFA0htYbVtaahNchcRSFKqrmmFwsD6MlB2wq3ACWlKDXATUOtQUiMSNQjUkz6' +
    'EZZC9O8LcKfK2CLQt7L8yw0gcfTHIgrBckVTCURV1dB1rBLNaFjcfbOCTVy5S1c4iF1dhbg0RPfXjYqt4xSf2sBatUYgoRKDRkrJ' +
    'NtF0i5NNXLY1vSIT3LAMU14XOOhPJqW4E8owlSoGzjXhirqhkIfuJAcDDioPg1KEjmrThhNimMDJByISQ2J4B4bEsBjagVOva4xm' +
    'mMDIKoxaLRiT+qmBXMdEYTWC0876maTEcoSzLRh3oq9j06KJwYQYsqTYfiYw2YJzNWcy4UkPplow7UzbVtkJYDSJVtc2sQkzLTjv' +
    'VtwpHlxowaw0SD+biqnU5app2E0LLj6FSy24LIXpgm7ClZXlb+9Z+2Aptp0qifHE9ve9lV2aNOulQ2Uwie54ZZB6bph1hcjtdIqF' +
    'Ja8ajt7SjGR37+c2qz7rh5NMo4yPpH2esqJr1UYdN0ixwB8ZJpdhAMsb8JcVKtwTYAzd8gKUXxJsMJUWC/ljF0HXCNExY3i19HuC' +
    '6SLWk2EY3Qzeyjm+WFg4LgBCW7dZZwRf7ymfWMhET4IRlPcS7AshcyyEeY5F/vGx+uj/9Z9Fcz4BOMlb2NSoAjYV9mzIWqVYuHYU' +
    'kHR2QcinFxez6XQ+m8ll5nkhx2fSeV4QMjlhkV/I8ryQFgRG+ezzl8dJypF0KEMMdp/Te5lGO8i7vKNBB947MOkzjodRjxsY9OOV' +
    '8rTPz5uAn477E3TlVeSYXwMR1PUmBD14FTXs8/Augjp1HDT3ymLEZz7eh7qIMGjvPbBZn/1bv313KZXEWOx622AmcuPgQALjn5A7' +
    '5qPuSO2cpan2BvdZi8Zcm7iz3937D4WuvYU=',
  module:
    'eNqlVUtv20YQph6WZCa2nLhRYyd2363cJjJpPWw1ceyohS4qWkd9YBG0WFAUJRKmSQ+5jPKogQaBm+TUU6859E/0R+TUIr0EvfXU' +
    'Swv0F3R3qQdJWTZaL0CtuPN9883uzCx3GomkIGQywtjICvPCnt32TG21rRClsL9r1mtZ4XZ4fBdXie2oesGyCj7aLZiGpSmO+Ik/' +
    'gbDyEGIHEM8jpkIcxbAMqwuJJ+gMfcf7iqPsaURzXEgewFQepehqTzO6OoFU3zn2iGG6Ina0lmeY7RFHhPQECNEs13bwnTURMvk8' +
    'SlOnLkUqXQ2mfYpYN22FfO4viiCiGMVIcAYl6Kzue3C2ESMwc6shNGKN2Pcw60/Zp6pqm6amEsO2XPEzp605WvtjQyUizK004RyB' +
    '802Yf6Kzl1cew4Um5BA9Y6FlKC68qqd1Go8+rft6MlzUuc4C1zmERfZz6SlnXyaw1IRl39Vrj+H1Jrzh8VPELa/TYUf25gG8hS6x' +
    'Fcu28D5dMly6dTIAYFcj8LaKMTsVYlgYi3RFhHe+gXcP4b0m5NE896eouz3FoUfraFi37V0XVrjs+ygbsvu2D7jtCsoxm+Hijmea' +
    'YQxc/RTNMmvHdgLEAieuosUxE+4ZRMfMQdcFicNkdHkcppg95Z6LVYXmoA1rHFhE54PA0R5K3FxGy0eaQ5IVDl1H5xjUJQrRcJsm' +
    'te9og1ur6ELEOpL6kCOu+TujldU+Gnadwzb9nI3BbHcgeIPjtvxs9zsLtg/gJu8amsiOphDPoYu1RgydpWu2R0aLHzViXquw00hn' +
    'Nn+4f/cZLWn27Ezs9pywPOj2Aj2nPYXgO6yYbKteW4w2fWDITOLnv39/xIqZPZMlFoSNoUS/FWkyja61R+u1XisdozJ5VEosgK0e' +
    '/BmnEvFjA5gTtgcBtO4RzWadW69d/1+6g2EahJgai+Fw848FdnWljo1hRtgK3qqrUr127TQB/JN9sMXUZ56//JZdMskT1G+G1OV6' +
    'bfNU27+dfPnbDab/9Yvc/Mn6s6MMDKvrdOdfFJn6L8+6X56c/yWhOCxAvn1XcwxagfcVdpVjo12vrf7XYKRyRZaljfJasSJXK+tS' +
    'ea1akuSqVJY3qKm0Xi0VpWKxWmVR/ti8+FOexpHnUcZYsMM4g12aHYs88h2OkoP9lwsR/0oIE9o66iPYQgshH7eSwuS+jboJdsFc' +
    'yM2vIzfD7ouyg1U8E2J/NSWE+yZKDRZgmPoiQpWj1GD1zIaoX6SESL1GucGcLoX3O+IeXW07jVTqSh+8nLg6JGYicyLuz3fT/kx5' +
    '/N+Daf/dv3WnUj4nw/E+9l9Up3a9',
  safetensors:
    'eNqFk8FqwkAQhiN9kbLnPSRrDEGKkR4sQsGTpyJhrQkWYjYkK0VE6rHHPkAPfZLqS/TuoS9RCrX/bmxJalI3mYWdzPfP7Gz26czQ' +
    'Y0l8fxZIPuGS+z5pL0ko0hmXpE0SSVaU3MXSsZV/IhdJAHcfS0qyKVermxElGhVhmAUyg8ek7ghcGAn+h+yVSHaMupTZir2d8jgO' +
    'osyPeCZLCk1WULAoU8+xDrNpy9FCIprP4nqF5jHbcqijNxDMErmoR01aATvuAda7R3x9ZmpX4palC094ynEsQfrP7o95wNRiphJI' +
    'xX1Wz7Kq7CCp1WKKlimPs0RkwaRew65qAHjKTF0BfpxyA/rlEiqOzTQB6/6NdQMtp8hf9rA+IYA/yGK/B1Dmy3hF8UCB6/xzVO8W' +
    '4aF7IrWF1Hnrx0JEpboHg+sTMDrPGOpenTfUpcQ01OPNe54bjxfvV1/5bV17mLp4YWvYC2wL2ynfBr4OfIhZb/K1oXyvBxbfDHzr' +
    'ermOitvCdl7uPxWjNH9qKOZSOYxDnMrV1fEfez0ett54b3T2n9jSvmF8AwYuTc0=',
};

/** A file by the name above. */
export function fixture(name: keyof typeof PACKED): Uint8Array {
  return new Uint8Array(inflateSync(Buffer.from(PACKED[name], 'base64')));
}

const transposed = [-1, 0, 1, -0.75, 0.25, 1.25, -0.5, 0.5, 1.5, -0.25, 0.75, 1.75];

/** Names, types, shapes and values of `state` as torch's `flatten().tolist()` printed them (16-bit types as bits). */
export const EXPECTED: Readonly<
  Record<string, { dtype: string; shape: number[]; values: (number | bigint)[] }>
> = {
  float32: {
    dtype: 'float32',
    shape: [3, 4],
    values: [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75],
  },
  rows: { dtype: 'float32', shape: [2, 4], values: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75] },
  column: { dtype: 'float32', shape: [3], values: [-0.75, 0.25, 1.25] },
  transposed: { dtype: 'float32', shape: [4, 3], values: transposed },
  float64: { dtype: 'float64', shape: [2], values: [1 / 3, -2e300] },
  float16: { dtype: 'float16', shape: [3], values: [0x3e00, 0xfbff, 0x0001] },
  bfloat16: { dtype: 'bfloat16', shape: [2], values: [0x3fc0, 0xff62] },
  int32: { dtype: 'int32', shape: [2], values: [-7, 2 ** 31 - 1] },
  int64: { dtype: 'int64', shape: [], values: [1099511627777n] },
  uint8: { dtype: 'uint8', shape: [2], values: [0, 255] },
  bool: { dtype: 'bool', shape: [2], values: [1, 0] },
  empty: { dtype: 'float32', shape: [0, 3], values: [] },
  channels_last: { dtype: 'float32', shape: [1, 2, 2, 2], values: [0, 1, 2, 3, 4, 5, 6, 7] },
  parameter: { dtype: 'float32', shape: [1], values: [0.5] },
};
