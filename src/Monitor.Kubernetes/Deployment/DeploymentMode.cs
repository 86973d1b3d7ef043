namespace Monitor.Kubernetes.Deployment;

/// <summary>Where a program runs.</summary>
public enum DeploymentMode
{
    /// <summary>On a machine: nothing of Kubernetes is looked at.</summary>
    Vm,

    /// <summary>In a pod of a cluster.</summary>
    Kubernetes,
}
