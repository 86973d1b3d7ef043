namespace Monitor.Kubernetes.Access;

/// <summary>An account of Kubernetes, as the API server describes it.</summary>
/// <param name="Name">For a service account <c>system:serviceaccount:NAMESPACE:NAME</c>.</param>
/// <param name="Id">Its uid; may be empty.</param>
/// <param name="Groups">Its groups.</param>
/// <param name="Extra">What its authenticator adds.</param>
public sealed record Account(
    string Name, string Id, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IList<string>> Extra)
{
    /// <summary>The namespace of a service account; null for a person.</summary>
    public string? Namespace => Name.Split(':') is ["system", "serviceaccount", { Length: > 0 } own, _] ? own : null;
}
