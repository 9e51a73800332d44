// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.NoSuchElementException;

/**
 * A command names a rule, group or meter that is not there. A class of its own: other
 * NoSuchElementExceptions are faults of the program, and no answer to who gave the command.
 */
public final class NotThereException extends NoSuchElementException {
  private static final long serialVersionUID = 1L;

  /** With what was named. */
  public NotThereException(String message) {
    super(message);
  }
}
