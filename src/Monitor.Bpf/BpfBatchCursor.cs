namespace Monitor.Bpf;

/// <summary>A place in a walk over a map by batches. The default value is the beginning.</summary>
public unsafe struct BpfBatchCursor
{
    // Hashes keep a bucket number here, arrays an index; only LPM tries and a few others keep a whole key.
    internal const int Bytes = 64;

    private fixed byte place[Bytes];

    /// <summary>Whether the walk is at its end.</summary>
    public bool Done { get; internal set; }

    internal bool Started { get; set; }

    /// <summary>The kernel's own note; only valid while the structure is fixed or on the stack.</summary>
    internal byte* Place
    {
        get
        {
            fixed (byte* pointer = place)
            {
                return pointer;
            }
        }
    }
}
