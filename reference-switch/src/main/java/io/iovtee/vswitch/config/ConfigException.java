// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

/** A configuration that can not be used: file, line, what is wrong, what is allowed. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
