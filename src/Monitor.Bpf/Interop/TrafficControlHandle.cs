using Microsoft.Win32.SafeHandles;

namespace Monitor.Bpf.Interop;

/// <summary>
/// A filter of traffic control with a program. The kernel keeps it when the process ends without releasing this.
/// </summary>
internal sealed unsafe class TrafficControlHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly TrafficControlHook _hook;
    private readonly TrafficControlOptions _filter;

    // There is no native object behind it: any value that is not invalid.
    internal TrafficControlHandle(in TrafficControlHook hook, uint handle, uint priority)
        : base(ownsHandle: true)
    {
        _hook = hook;
        _filter = new TrafficControlOptions
        {
            Size = (nuint)sizeof(TrafficControlOptions),
            Handle = handle,
            Priority = priority,
        };
        SetHandle(1);
    }

    protected override bool ReleaseHandle()
    {
        var (hook, filter) = (_hook, _filter);
        using var capture = LibbpfMessages.Capture();
        return Libbpf.bpf_tc_detach(&hook, &filter) == 0;
    }
}
