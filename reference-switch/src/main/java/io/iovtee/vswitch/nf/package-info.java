// SPDX-License-Identifier: Apache-2.0
/**
 * The sample network function behind {@code iovtee nf}: own virtio driver and vhost-user front-end
 * on a memfd, in its own process. Depends on frontend and virtio (driver side); one thread per
 * process.
 */
@NullMarked
package io.iovtee.vswitch.nf;

import org.jspecify.annotations.NullMarked;
