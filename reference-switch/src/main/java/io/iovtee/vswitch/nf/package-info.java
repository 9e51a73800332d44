// SPDX-License-Identifier: Apache-2.0

/**
 * The sample network function behind {@code iovtee nf}: own virtio driver and vhost-user front-end
 * on a memfd, in its own process. Start at {@link io.iovtee.vswitch.nf.NfEngine}; a queue pair's
 * frames go through {@link io.iovtee.vswitch.nf.NfQueuePair}.
 *
 * <p>Depends on {@code frontend}, {@code virtio} (driver side) and {@code frames}. One thread does
 * everything; stop and statistics may be asked for from any.
 */
@NullMarked
package io.iovtee.vswitch.nf;

import org.jspecify.annotations.NullMarked;
