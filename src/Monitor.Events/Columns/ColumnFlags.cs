namespace Monitor.Events;

/// <summary>What an entry is and which of its columns hold something.</summary>
[Flags]
internal enum ColumnFlags : ushort
{
    None = 0,

    /// <summary>The entry is a loss, not an event; see <see cref="EventColumns.ForLoss"/> for its columns.</summary>
    Loss = 1,
    Failed = 2,
    HasPid = 4,
    HasSourcePort = 8,
    HasDestinationPort = 16,
    HasSource = 32,
    HasDestination = 64,
    HasProtocol = 128,

    /// <summary>No field comes twice in the bytes: a search for one can end where it is found.</summary>
    Unique = 256,
}
