using Monitor.V1;

namespace Monitor.Server;

/// <summary>The event to explain, and those that belong to it.</summary>
internal sealed class Story
{
    /// <param name="subject">The event to explain.</param>
    /// <param name="events">It and the others, in any order.</param>
    public Story(Event subject, IEnumerable<Event> events)
    {
        Subject = subject;
        Events = [.. events.OrderBy(EventTimes.StartOf).ThenBy(EventTimes.EndOf).ThenBy(told => told.Id, StringComparer.Ordinal)];
        Attempt = subject.DetailCase == Event.DetailOneofCase.Connection ? subject : FirstOf(Event.DetailOneofCase.Connection);
        Retransmits = Of(Event.DetailOneofCase.Retransmit);
        Drops = Of(Event.DetailOneofCase.PacketDrop);
        Resets = Of(Event.DetailOneofCase.Reset);
        Lookups = Of(Event.DetailOneofCase.Dns);
    }

    public Event Subject { get; }

    /// <summary>All, by when they began.</summary>
    public IReadOnlyList<Event> Events { get; }

    /// <summary>The attempt; null where it is not known.</summary>
    public Event? Attempt { get; }

    public IReadOnlyList<Event> Retransmits { get; }

    public IReadOnlyList<Event> Drops { get; }

    public IReadOnlyList<Event> Resets { get; }

    public IReadOnlyList<Event> Lookups { get; }

    public Event? Accept => FirstOf(Event.DetailOneofCase.Accept);

    /// <summary>The end of the connection, as the side that connected saw it where both are known.</summary>
    public Event? Close => Of(Event.DetailOneofCase.Close)
        .OrderBy(close => close.Close.Direction == ConnectionDirection.Inbound ? 1 : 0)
        .FirstOrDefault();

    /// <summary>What the connection leads to, for people: "10.1.2.3:80 (cart.shop.svc)".</summary>
    public string Destination => Sentences.Destination(Attempt ?? Subject);

    /// <summary>Whether the attempt is over TCP, or what is known of it can only be TCP.</summary>
    public bool IsTcp => (Attempt ?? Subject).Protocol == "TCP";

    /// <summary>Events of one type, in order.</summary>
    public IReadOnlyList<Event> Of(Event.DetailOneofCase type) => [.. Events.Where(told => told.DetailCase == type)];

    /// <summary>How many times that something was sent again the event stands for.</summary>
    public static long TimesOf(Event retransmit) => Math.Max(1, retransmit.Retransmit.Count);

    /// <summary>Whether a segment was sent again before the handshake was complete.</summary>
    public static bool IsOfHandshake(Event retransmit) =>
        retransmit.Retransmit.State is "SYN_SENT" or "SYN_RECV" or "NEW_SYN_RECV";

    private Event? FirstOf(Event.DetailOneofCase type) => Events.FirstOrDefault(told => told.DetailCase == type);
}
