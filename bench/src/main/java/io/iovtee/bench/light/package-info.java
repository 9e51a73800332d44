// SPDX-License-Identifier: Apache-2.0

/**
 * A light network function: our own virtio driver on as many vhost-user ports as are asked for, all
 * on one thread, that sends each frame back. It stands for several functions where a core for each
 * is lacking, and costs less than testpmd, so that the switch in front of it is the limit.
 *
 * <p>{@link io.iovtee.bench.light.LightFunction} is a process of its own; {@link
 * io.iovtee.bench.light.LightProcess} starts it and talks to it by lines.
 */
@NullMarked
package io.iovtee.bench.light;

import org.jspecify.annotations.NullMarked;
