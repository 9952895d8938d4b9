/** How a container of token secrets is sent. Apart from what reads it, so that its description loads no parser. */

/** RFC 6030 §12.1. */
export const containerType = 'application/pskc+xml'

/** 32 hexadecimal digits: the key of AES-128 that the vendor sent by another way than the container. */
export const preSharedKeyPattern = '^[0-9a-fA-F]{32}$'
