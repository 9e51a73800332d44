// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/** A plugin can not start, with what the operator can do about it. */
public class PluginException extends Exception {
  private static final long serialVersionUID = 1L;

  public PluginException(String message) {
    super(message);
  }

  public PluginException(String message, Throwable cause) {
    super(message, cause);
  }
}
