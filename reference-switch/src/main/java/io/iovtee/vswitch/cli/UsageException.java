// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

/** A command that was given what it can not take: exit code 2, as for what picocli finds out. */
final class UsageException extends CommandException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
