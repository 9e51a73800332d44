// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/** A virtqueue that can not be set up; the message names the port, the values and the rule. */
public final class VirtqueueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public VirtqueueException(String message) {
    super(message);
  }
}
