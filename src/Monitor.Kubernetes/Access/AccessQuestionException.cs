namespace Monitor.Kubernetes.Access;

/// <summary>The API server cannot be asked about an account now.</summary>
public sealed class AccessQuestionException(string message, Exception cause) : Exception(message, cause);
