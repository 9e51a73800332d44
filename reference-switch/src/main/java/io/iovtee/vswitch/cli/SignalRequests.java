// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What signals have asked for since it was last looked at. One thread carries it out, so a reload
 * never meets another or the end; signals that come meanwhile, or while the switch still starts,
 * are neither lost nor counted.
 */
final class SignalRequests {
  private static final Logger LOG = LoggerFactory.getLogger(SignalRequests.class);

  private boolean reload;
  private boolean end;

  /** From now on SIGHUP asks for a reload, SIGINT and SIGTERM for the end. */
  static SignalRequests hear() {
    SignalRequests requests = new SignalRequests();
    Signals.handle("HUP", requests::reload);
    Signals.handle("INT", requests::end);
    Signals.handle("TERM", requests::end);
    return requests;
  }

  synchronized void reload() {
    reload = true;
    notifyAll();
  }

  synchronized void end() {
    if (end) {
      LOG.info("the switch ends already; SIGKILL would end it at once");
    }
    end = true;
    notifyAll();
  }

  /**
   * Waits for the next request.
   *
   * @return true: reload; false: end, which goes before any reload
   */
  synchronized boolean awaitReload() throws InterruptedException {
    while (!reload && !end) {
      wait();
    }
    reload = false;
    return !end;
  }
}
