// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.vswitch.datapath.Mailbox;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Commands to a poll loop. */
public final class MailboxCommands {
  private MailboxCommands() {}

  /** Sender and loop: each command is carried out once, sooner or later. */
  @JCStressTest
  @Outcome(id = "11, 0", expect = ACCEPTABLE, desc = "both, once each, and the mailbox is empty")
  @State
  public static class Carried {
    private final Mailbox mailbox = new Mailbox();
    private int done;

    @Actor
    public void sender() {
      mailbox.submit(() -> done += 1);
      mailbox.submit(() -> done += 10);
    }

    @Actor
    public void loop() {
      mailbox.runOne();
    }

    /** The loop's next duty cycles. */
    @Arbiter
    public void loopGoesOn(II_Result r) {
      mailbox.runOne();
      mailbox.runOne();
      r.r1 = done;
      r.r2 = mailbox.runOne();
    }
  }

  /** Two senders: neither command is lost. */
  @JCStressTest
  @Outcome(id = "11, 0", expect = ACCEPTABLE, desc = "both, once each, and the mailbox is empty")
  @State
  public static class TwoSenders {
    private final Mailbox mailbox = new Mailbox();
    private int done;

    @Actor
    public void one() {
      mailbox.submit(() -> done += 1);
    }

    @Actor
    public void other() {
      mailbox.submit(() -> done += 10);
    }

    @Arbiter
    public void loop(II_Result r) {
      mailbox.runOne();
      mailbox.runOne();
      r.r1 = done;
      r.r2 = mailbox.runOne();
    }
  }

  /** The loop ends: a command is carried out by it, or by its sender, never by nobody or twice. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "once, and the sender has the answer")
  @State
  public static class Closing {
    private final Mailbox mailbox = new Mailbox();
    private int done;
    private boolean carried;

    @Actor
    public void sender() {
      mailbox.submit(() -> ++done).thenAccept(_ -> carried = true);
    }

    @Actor
    public void loop() {
      mailbox.runOne();
      mailbox.close();
    }

    @Arbiter
    public void after(II_Result r) {
      r.r1 = done;
      r.r2 = carried ? 1 : 0;
    }
  }

  /** What was written before a command was left is seen by the command. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "1, 7", expect = ACCEPTABLE, desc = "with what it is about")
  @State
  public static class Seen {
    private final Mailbox mailbox = new Mailbox();
    private int prepared;
    private int seen;

    @Actor
    public void sender() {
      prepared = 7;
      mailbox.submit(() -> seen = prepared);
    }

    @Actor
    public void loop(II_Result r) {
      r.r1 = mailbox.runOne();
      r.r2 = seen;
    }
  }
}
