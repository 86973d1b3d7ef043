namespace Monitor.Bpf.Attaching;

/// <summary>Which packets of an interface a program of traffic control sees.</summary>
public enum TrafficDirection
{
    /// <summary>Those that arrive at the machine.</summary>
    Ingress,

    /// <summary>Those that leave it.</summary>
    Egress,
}
