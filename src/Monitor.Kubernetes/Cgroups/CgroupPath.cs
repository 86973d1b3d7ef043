namespace Monitor.Kubernetes.Cgroups;

/// <summary>
/// Reads pods from the path of a cgroup, as kubelet and runtimes make them. Layouts by example, UID and ID shortened:
/// <code>
/// /kubepods/burstable/podUID/ID                                                     cgroupfs driver
/// /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope   systemd driver
/// /system.slice/containerd.service/kubepods-burstable-podUID.slice:cri-containerd:ID      the two mixed up
/// /kubelet/kubepods/podUID/ID, /docker/ID/kubelet/kubepods/podUID/ID                kind
/// /../../podUID/ID                                                                  seen from another cgroup namespace
/// </code>
/// Pure; never throws.
/// </summary>
internal static class CgroupPath
{
    /// <summary>What comes behind this is not looked at: whoever may make cgroups makes the path below his own as long as he
    /// likes.</summary>
    public const int MaxLength = 4096;

    // A pod within a pod within a pod; what is deeper is ignored.
    private const int MaxPods = 4;

    /// <summary>The pods that the path leads through, outermost first; mostly none or one.</summary>
    public static PodCgroup[] Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length > MaxLength)
        {
            path = path[..Math.Max(0, path.LastIndexOf('/', MaxLength))];
        }

        if (!path.Contains("pod", StringComparison.Ordinal))
        {
            return [];
        }

        List<PodCgroup>? pods = null;
        var layout = new Layout();
        for (var start = 0; start < path.Length && (pods?.Count ?? 0) < MaxPods;)
        {
            if (path[start] == '/')
            {
                start++;
                continue;
            }

            var end = path.IndexOf('/', start);
            end = end < 0 ? path.Length : end;
            var name = path.AsSpan(start, end - start);
            if (layout.TryReadPod(name, start, out var uid, out var container))
            {
                if (container.IsNone && end < path.Length)
                {
                    var next = path.AsSpan(end + 1);
                    var length = next.IndexOf('/');
                    _ = TryReadContainer(length < 0 ? next : next[..length], out container);
                }

                (pods ??= []).Add(new PodCgroup(path[..layout.BaseLength].TrimEnd('/'), uid, container));
            }

            start = end;
        }

        return pods?.ToArray() ?? [];
    }

    // The folder of a container within that of its pod. crio-conmon-ID.scope is CRI-O's helper, and not the container.
    private static bool TryReadContainer(ReadOnlySpan<char> name, out ContainerId id)
    {
        if (!name.EndsWith(".scope"))
        {
            return ContainerId.TryParse(name.StartsWith("crio-") ? name[5..] : name, out id);
        }

        name = name[..^".scope".Length];
        foreach (var runtime in (ReadOnlySpan<string>)["cri-containerd-", "crio-", "docker-"])
        {
            if (name.StartsWith(runtime))
            {
                return ContainerId.TryParse(name[runtime.Length..], out id);
            }
        }

        id = default;
        return false;
    }

    private static bool TryReadUid(ReadOnlySpan<char> text, char separator, out Guid uid)
    {
        uid = default;
        if (text.Length == 32)
        {
            // The hash of a static pod's configuration.
            return !text.ContainsAnyExcept(Hexadecimal.Digits) && Guid.TryParseExact(text, "N", out uid);
        }

        if (text.Length != 36)
        {
            return false;
        }

        Span<char> digits = stackalloc char[32];
        var count = 0;
        for (var i = 0; i < 36; i++)
        {
            if (i is 8 or 13 or 18 or 23)
            {
                if (text[i] != separator)
                {
                    return false;
                }
            }
            else
            {
                digits[count++] = text[i];
            }
        }

        return !digits.ContainsAnyExcept(Hexadecimal.Digits) && Guid.TryParseExact(digits, "N", out uid);
    }

    /// <summary>What the folders so far say of where a pod's folder may come.</summary>
    private ref struct Layout
    {
        private bool _inKubepods;
        private bool _belowStart;

        public Layout()
        {
            _belowStart = true;
        }

        /// <summary>Length of the path before the kubelet's folders, valid for a pod that was just read.</summary>
        public int BaseLength { get; private set; }

        public bool TryReadPod(ReadOnlySpan<char> name, int start, out Guid uid, out ContainerId container)
        {
            container = default;
            var slice = name.IndexOf(".slice:") is var colon and >= 0 ? name[..(colon + ".slice".Length)] : name;
            if (TryReadSlice(slice, out uid))
            {
                if (!_inKubepods)
                {
                    BaseLength = start;
                }

                if (slice.Length != name.Length)
                {
                    // SLICE:cri-containerd:ID, made of a systemd path by a runtime that uses cgroupfs.
                    var rest = name[(slice.Length + 1)..];
                    var runtime = rest.IndexOf(':');
                    var isRuntime = runtime >= 0 && rest[..runtime] is "cri-containerd" or "crio" or "docker";
                    if (!isRuntime || !ContainerId.TryParse(rest[(runtime + 1)..], out container))
                    {
                        Enter(name, start);
                        return false;
                    }
                }

                Leave();
                return true;
            }

            if ((_inKubepods || _belowStart) && name.StartsWith("pod") && TryReadUid(name[3..], '-', out uid))
            {
                BaseLength = _inKubepods ? BaseLength : 0;
                Leave();
                return true;
            }

            Enter(name, start);
            return false;
        }

        // kubepods-podUID.slice, kubepods-burstable-podUID.slice, with what --cgroup-root put before: kubelet-kubepods-...
        private static bool TryReadSlice(ReadOnlySpan<char> name, out Guid uid)
        {
            uid = default;
            if (!name.EndsWith(".slice"))
            {
                return false;
            }

            name = name[..^".slice".Length];
            var pod = name.LastIndexOf("-pod");
            if (pod < 0 || !TryReadUid(name[(pod + 4)..], '_', out uid))
            {
                return false;
            }

            name = name[..pod];
            name = name.EndsWith("-burstable") ? name[..^"-burstable".Length]
                : name.EndsWith("-besteffort") ? name[..^"-besteffort".Length]
                : name;
            return IsKubepods(name);
        }

        private static bool IsKubepods(ReadOnlySpan<char> name) => name is "kubepods" || name.EndsWith("-kubepods");

        private void Enter(ReadOnlySpan<char> name, int start)
        {
            _belowStart &= name is "..";
            if (_inKubepods && name is "burstable" or "besteffort")
            {
                return;
            }

            var isSlice = name.EndsWith(".slice");
            if (isSlice)
            {
                name = name[..^".slice".Length];
                if (_inKubepods && (name.EndsWith("kubepods-burstable") || name.EndsWith("kubepods-besteffort")))
                {
                    return;
                }
            }

            var isKubepods = isSlice ? IsKubepods(name) : name is "kubepods";
            if (isKubepods)
            {
                BaseLength = start;
            }

            _inKubepods = isKubepods;
        }

        private void Leave()
        {
            _inKubepods = false;
            _belowStart = false;
        }
    }
}
