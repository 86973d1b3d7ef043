using Monitor.Protocol;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.Server;

/// <summary>A story in a few sentences: what happened, and what made it slow or fail.</summary>
internal static class Summary
{
    /// <summary>Nanoseconds; what takes less is not called slow.</summary>
    public const long Slow = EventTimes.Second / 10;

    public static string Of(Story story)
    {
        List<string> sentences = [];
        AddLookups(story, sentences);
        if (story.Attempt is { } attempt)
        {
            AddAttempt(story, attempt, sentences);
        }

        AddServer(story, sentences);
        if (sentences.Count == 0 && story.Close is null)
        {
            // A drop, a reset or a retransmit of which nothing else is known.
            sentences.AddRange(Sentences.Steps(story.Subject).Select(step => step.Text + "."));
        }
        else
        {
            AddLosses(story, sentences);
        }

        if (story.Close is { } close)
        {
            AddClose(story, close, sentences);
        }

        return string.Join(" ", sentences);
    }

    private static void AddLookups(Story story, List<string> sentences)
    {
        if (story.Lookups.Count == 0)
        {
            return;
        }

        var last = story.Lookups[^1];
        if (story.Attempt is null)
        {
            var answered = story.Lookups.LastOrDefault(lookup => !lookup.ReportsFailure() && lookup.Dns.Answers.Count > 0);
            var told = story.Subject.DetailCase == Event.DetailOneofCase.Dns ? story.Subject : answered ?? last;
            var name = told.Dns.HasName ? Sentences.Shown(told.Dns.Name) : "The name";
            sentences.Add(told.ReportsFailure()
                ? $"{name} could not be looked up: {Sentences.Who(told)} {Sentences.Answer(told)}."
                : $"{name} was looked up: {Sentences.Who(told)} {Sentences.Answer(told)}.");
            return;
        }

        var took = story.Lookups.Max(EventTimes.EndOf) - EventTimes.StartOf(story.Lookups[0]);
        if (took >= Slow)
        {
            var failed = story.Lookups.Count(lookup => lookup.ReportsFailure());
            var questions = Figures.Count(story.Lookups.Count, "question");
            sentences.Add($"Looking up the name took {Figures.Time(took)}: {questions}{(failed == 0 ? "" : $", {failed} of them in vain")}.");
        }
    }

    private static void AddAttempt(Story story, Event attempt, List<string> sentences)
    {
        var detail = attempt.Connection;
        var took = Figures.Time(detail.HandshakeTime);
        var after = detail.HandshakeTime is null ? "" : $" after {took}";
        var again = story.Retransmits.Where(Story.IsOfHandshake).ToList();
        switch (detail.Outcome)
        {
            case Outcome.Connected when !story.IsTcp:
                sentences.Add($"The socket has {story.Destination} as its peer; {Sentences.Shown(attempt.Protocol)} has no handshake that could fail.");
                break;
            case Outcome.Connected when again.Count > 0:
                sentences.Add($"The handshake with {story.Destination} took {took} because {LostSegments(story, attempt, again)}.");
                break;
            case Outcome.Connected when Figures.Nanos(detail.HandshakeTime) >= Slow:
                sentences.Add($"The handshake with {story.Destination} took {took}, and no segment of it was seen to be sent again: "
                    + "the way is long, or the other side answered late.");
                break;
            case Outcome.Connected:
                sentences.Add($"The connection to {story.Destination} was established{(detail.HandshakeTime is null ? "" : $" in {took}")}.");
                break;
            case Outcome.Failed:
                sentences.Add($"The attempt to connect to {story.Destination} failed{after}: {WhyFailed(story, detail, again)}.");
                break;
            case Outcome.Abandoned:
                sentences.Add($"The socket was closed{after}, before {story.Destination} answered{SentAgain(again)}.");
                break;
            default:
                sentences.Add($"What became of the attempt to connect to {story.Destination} is not known.");
                break;
        }
    }

    // "the first SYN was lost: one retransmit after 1.00 s"
    private static string LostSegments(Story story, Event attempt, List<Event> again)
    {
        var bySide = again.Where(sent => sent.Retransmit.State == "SYN_SENT").ToList();
        var segment = bySide.Count > 0 ? "SYN" : "SYN-ACK";
        var sent = bySide.Count > 0 ? bySide : again;
        var first = sent.Count == 1 ? $"the first {segment} was lost" : $"the first {sent.Count} {segment}s were lost";
        var retransmits = sent.Count == 1
            ? $"one retransmit after {Figures.Time(Math.Max(0, EventTimes.EndOf(sent[0]) - EventTimes.StartOf(attempt)))}"
            : $"{sent.Count} retransmits, the last after {Figures.Time(Math.Max(0, EventTimes.EndOf(sent[^1]) - EventTimes.StartOf(attempt)))}";
        // Of the same direction, before it was sent again for the last time.
        var dropped = story.Drops.FirstOrDefault(drop =>
            EventTimes.EndOf(drop) <= EventTimes.EndOf(sent[^1]) && drop.SourcePort == attempt.SourcePort == (bySide.Count > 0));
        return dropped is not null
            ? $"{first}, dropped on {Sentences.Shown(dropped.NodeName)} ({Sentences.Shown(dropped.PacketDrop.Reason)}): {retransmits}"
            : $"{first}: {retransmits}";
    }

    private static string WhyFailed(Story story, ConnectionDetail detail, List<Event> again) => detail.Error switch
    {
        "" => "the kernel does not say why",
        "ECONNREFUSED" when story.IsTcp => "the other side answered with a reset, nothing listens there or a firewall rejects (ECONNREFUSED)",
        "ECONNREFUSED" => "the other side has no socket there (ECONNREFUSED)",
        "ETIMEDOUT" => $"no answer came (ETIMEDOUT){SentAgain(again)}",
        "ECONNRESET" => "the other side broke it off by a reset (ECONNRESET)",
        "EHOSTUNREACH" => "the host cannot be reached: the next hop does not answer, or a router said so (EHOSTUNREACH)",
        "ENETUNREACH" => "there is no route (ENETUNREACH)",
        "EADDRNOTAVAIL" => "no local address or port is free (EADDRNOTAVAIL)",
        "EACCES" or "EPERM" => $"this node forbids it, by a firewall or another policy ({detail.Error})",
        var error => Sentences.Shown(error),
    };

    private static string SentAgain(List<Event> again) => again.Count == 0 ? "" : $", although the SYN was sent {Figures.Count(again.Count, "more time")}";

    private static void AddServer(Story story, List<string> sentences)
    {
        if (story.Accept is { } accept)
        {
            if (accept.Accept.Abandoned)
            {
                sentences.Add("It was closed before a process of the other side took it.");
            }
            else if (Figures.Nanos(accept.Accept.AcceptQueueTime) >= Slow)
            {
                sentences.Add($"It waited {Figures.Time(accept.Accept.AcceptQueueTime)} until {Sentences.Who(accept)} took it from the accept queue.");
            }
        }

        if (story.Of(Event.DetailOneofCase.ListenOverflow) is [.., var overflow])
        {
            sentences.Add($"The listener's queue was full at that time: {overflow.ListenOverflow.QueueLength} of {overflow.ListenOverflow.Backlog} places taken.");
        }
    }

    private static void AddLosses(Story story, List<string> sentences)
    {
        if (story.Drops.Count > 0)
        {
            var worst = story.Drops.MaxBy(drop => drop.PacketDrop.Severity)!;
            var by = story.Drops.GroupBy(drop => (drop.NodeName, drop.PacketDrop.Reason)).OrderByDescending(group => group.Count()).Take(3)
                .Select(group => $"{Sentences.Shown(group.Key.Reason)} on {Sentences.Shown(group.Key.NodeName)}");
            sentences.Add($"{Upper(Figures.Count(story.Drops.Count, "packet"))} of it {(story.Drops.Count == 1 ? "was" : "were")} dropped: {string.Join(", ", by)}. "
                + MessageText.Shorten(worst.PacketDrop.Explanation, 250));
        }

        var data = story.Retransmits.Where(sent => !Story.IsOfHandshake(sent)).Sum(Story.TimesOf);
        if (data > 0)
        {
            sentences.Add($"{Upper(Figures.Count(data, "segment"))} {(data == 1 ? "was" : "were")} sent again after the handshake.");
        }
    }

    private static void AddClose(Story story, Event close, List<string> sentences)
    {
        var detail = close.Close;
        var side = detail.Direction switch
        {
            ConnectionDirection.Outbound => "of the side that connected",
            ConnectionDirection.Inbound => "of the side that accepted",
            _ => $"of {Sentences.Shown(close.NodeName)}",
        };
        var lasted = detail.Duration is null ? "" : $" after {Figures.Time(detail.Duration)}";
        sentences.Add($"{(story.Attempt is null ? $"The connection to {story.Destination}" : "It")} ended{lasted}; in the view {side}, {Sentences.CauseOf(detail)}, with "
            + $"{Figures.Bytes(detail.BytesSent)} sent and {Figures.Bytes(detail.BytesReceived)} received.");
    }

    private static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
