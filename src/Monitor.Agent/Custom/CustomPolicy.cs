using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Bpf.Schema;
using Monitor.Server.Settings;

namespace Monitor.Agent.Custom;

/// <summary>
/// What a user's object may do. A monitor watches: what changes the state of the machine, or decides over packets and calls,
/// must be allowed by name.
/// </summary>
/// <param name="Allowed">Names of helpers and kernel functions, and <see cref="Verdicts"/>.</param>
/// <param name="MaxMapBytes">Most memory of all maps.</param>
/// <param name="MaxInstructions">Most instructions of all programs.</param>
internal sealed record CustomPolicy(IReadOnlySet<string> Allowed, long MaxMapBytes, long MaxInstructions)
{
    /// <summary>Allows programs whose return value lets packets and calls pass or not.</summary>
    public const string Verdicts = "verdicts";

    // bpf-helpers(7), without the prefix bpf_.
    private static readonly HashSet<string> Changing = new(StringComparer.Ordinal)
    {
        "probe_write_user", "override_return", "send_signal", "send_signal_thread", "set_retval", "sysctl_set_new_value",
        "bprm_opts_set", "sys_bpf", "sys_close", "setsockopt", "bind", "sk_assign", "sk_release", "tcp_send_ack",
        "sock_ops_cb_flags_set", "sock_map_update", "sock_hash_update", "reserve_hdr_opt", "store_hdr_opt",
        "redirect", "redirect_map", "redirect_neigh", "redirect_peer", "clone_redirect", "sk_redirect_map", "sk_redirect_hash",
        "msg_redirect_map", "msg_redirect_hash", "msg_apply_bytes", "msg_cork_bytes", "msg_push_data", "msg_pop_data", "msg_pull_data",
        "skb_store_bytes", "l3_csum_replace", "l4_csum_replace", "csum_update", "skb_vlan_push", "skb_vlan_pop", "skb_change_proto",
        "skb_change_type", "skb_change_tail", "skb_change_head", "skb_adjust_room", "skb_set_tunnel_key", "skb_set_tunnel_opt",
        "skb_set_tstamp", "skb_ecn_set_ce", "set_hash", "set_hash_invalid", "xdp_adjust_head", "xdp_adjust_meta", "xdp_adjust_tail",
        "xdp_store_bytes", "lwt_push_encap", "lwt_seg6_store_bytes", "lwt_seg6_adjust_srh", "lwt_seg6_action", "rc_repeat",
        "rc_keydown", "rc_pointer_rel", "dynptr_write",
    };

    // "helper 36": the kernel's types, which have the names, cannot be read, and it may be any.
    private const string Unnamed = "helper ";

    // Kernel functions that only look, or keep a reference while a program runs. All others may be anything.
    private static readonly string[] Looking =
    [
        "bpf_rcu_read_", "bpf_task_acquire", "bpf_task_release", "bpf_task_from_pid", "bpf_task_from_vpid", "bpf_task_get_cgroup",
        "bpf_task_under_cgroup", "bpf_cgroup_acquire", "bpf_cgroup_release", "bpf_cgroup_ancestor", "bpf_cgroup_from_id", "bpf_iter_",
        "bpf_cast_to_kern_ctx", "bpf_rdonly_cast", "bpf_cpumask_", "bpf_dynptr_", "bpf_get_file_xattr", "bpf_path_d_path",
        "bpf_strcmp", "bpf_strlen", "bpf_strnlen", "bpf_strstr", "bpf_strchr", "bpf_strnstr", "bpf_preempt_", "bpf_copy_from_user_",
    ];

    // Sections of programs whose return value decides.
    private static readonly string[] Deciding =
        ["xdp", "tc", "tcx", "classifier", "action", "cgroup", "sockops", "lsm", "fmod_ret"];

    // One value for each socket, file, task or cgroup of the machine, whatever max_entries says.
    private static readonly BpfMapType[] Unbounded =
        [BpfMapType.SkStorage, BpfMapType.InodeStorage, BpfMapType.TaskStorage, BpfMapType.CgrpStorage];

    /// <summary>What the settings say.</summary>
    public static CustomPolicy Of(SettingValues settings) => new(
        settings.TryGet(AgentSettings.MonitorsAllow, out var allowed) ? allowed.ToHashSet(StringComparer.Ordinal) : [],
        settings.Get(AgentSettings.MonitorsMemory),
        settings.Get(AgentSettings.MonitorsInstructions));

    /// <summary>Refuses an object that may do what is not allowed.</summary>
    /// <exception cref="MonitorLoadException">It says what, and which setting allows it.</exception>
    public void Check(ObjectInspection inspection)
    {
        foreach (var program in inspection.Programs)
        {
            var forbidden = program.Helpers.Where(name => Changing.Contains(Short(name)) || name.StartsWith(Unnamed, StringComparison.Ordinal))
                .Concat(program.KernelFunctions.Where(name => !Looking.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))))
                .FirstOrDefault(name => !Allowed.Contains(name) && !Allowed.Contains(Short(name)));
            if (forbidden is not null)
            {
                throw new MonitorLoadException(
                    $"{program.Name} calls {forbidden}, which may change the state of this machine; "
                    + $"{AgentSettings.MonitorsAllow.OptionName} {forbidden} allows it");
            }

            if (!Allowed.Contains(Verdicts) && Deciding.Any(prefix => CustomHooks.IsOf(program.Section, prefix)))
            {
                throw new MonitorLoadException(
                    $"{program.Name}, of SEC(\"{program.Section}\"), decides what passes; "
                    + $"{AgentSettings.MonitorsAllow.OptionName} {Verdicts} allows it");
            }
        }

        if (inspection.Maps.FirstOrDefault(map => Unbounded.Contains(map.Type)) is { } unbounded)
        {
            throw new MonitorLoadException(
                $"map {unbounded.Name} ({unbounded.Type}) has a value for each socket, file, task or cgroup, and no bound: "
                + "use BPF_MAP_TYPE_LRU_HASH with max_entries");
        }

        Require(
            inspection.Bytes is var bytes && bytes <= MaxMapBytes,
            $"its maps take {bytes} bytes", $"{MaxMapBytes}", AgentSettings.MonitorsMemory.OptionName);
        Require(
            inspection.Programs.Sum(program => (long)program.Instructions) is var count && count <= MaxInstructions,
            $"its programs have {count} instructions", $"{MaxInstructions}", AgentSettings.MonitorsInstructions.OptionName);
    }

    // bpf-helpers(7) has them with the prefix, people say them without.
    private static string Short(string name) => name.StartsWith("bpf_", StringComparison.Ordinal) ? name[4..] : name;

    private static void Require(bool holds, string what, string most, string setting)
    {
        if (!holds)
        {
            throw new MonitorLoadException($"{what}, and {most} are accepted; {setting} raises that");
        }
    }
}
