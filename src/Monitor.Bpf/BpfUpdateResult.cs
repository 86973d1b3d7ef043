namespace Monitor.Bpf;

/// <summary>What became of an update.</summary>
public enum BpfUpdateResult
{
    /// <summary>The value is in the map.</summary>
    Stored,

    /// <summary>The key existed, and the mode was <see cref="BpfUpdateMode.CreateOnly"/>.</summary>
    Exists,

    /// <summary>The key did not exist, and the mode was <see cref="BpfUpdateMode.ReplaceOnly"/> or the map is an array.</summary>
    Missing,

    /// <summary>The map has no room, or an array no such index.</summary>
    Full,
}
