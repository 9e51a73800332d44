// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

/** A command that failed, with what the user can do about it. */
class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message);
  }

  CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
